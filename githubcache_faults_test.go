package main

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestGitHubCacheInTrouble breaks the cache. With cache: auto every run is green,
// in a time that is known, and says what it had not.
func TestGitHubCacheInTrouble(t *testing.T) {
	t.Parallel()
	const create, find, blobs = "/CreateCacheEntry", "/GetCacheEntryDownloadURL", "/blobs/"
	tooMany := func(after string) testenv.Answer {
		return testenv.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {after}}, Body: `{"code":"resource_exhausted","msg":"rate limit exceeded"}`}
	}
	cases := map[string]struct {
		fault  testenv.Fault
		says   []string // by the first run
		second []string // by the second, which reads what the first has exported; nil for none
	}{
		"throttled for a second": {testenv.Fault{Path: create, First: 2, Count: 2, Answer: tooMany("1")}, []string{depsRan}, []string{cached}},
		"throttled for long":     {testenv.Fault{Path: create, First: 2, Answer: tooMany("1000")}, []string{"::warning::exporting to GitHub Actions Cache: ", "requested delay 1000.00s exceeds maximum timeout"}, nil},
		"import throttled":       {testenv.Fault{Path: find, Count: 1, Answer: tooMany("60")}, []string{"::warning::importing GitHub's cache: requested delay 60.00s exceeds maximum timeout 19", depsRan}, []string{cached}},
		"broken":                 {testenv.Fault{Path: create, Answer: testenv.Answer{Status: 500, Body: "{}"}}, []string{"::warning::exporting to GitHub Actions Cache: "}, nil},
		"gone":                   {testenv.Fault{Answer: testenv.Answer{Reset: true}}, []string{"::warning::importing GitHub's cache: ", "::warning::exporting to GitHub Actions Cache: ", "connection reset"}, nil},
		"an upload refused":      {testenv.Fault{Path: blobs, Method: "PUT", Answer: testenv.Answer{Status: 403}}, []string{"::warning::exporting to GitHub Actions Cache: ", ": 403 Forbidden%0Athe run goes on"}, nil},
		"a layer gone":           {testenv.Fault{Path: blobs, Method: "GET", First: 2, Answer: testenv.Answer{Status: 404}}, nil, []string{"building again without the cache", "::warning::a part of GitHub's cache could not be read: ", ": 404 Not Found%0A", depsRan}},
		"a layer not told of":    {testenv.Fault{Path: find, First: 8, Answer: testenv.Answer{Status: 500, Body: "{}"}}, nil, []string{depsRan}},
		"a layer put off":        {testenv.Fault{Path: find, First: 8, Answer: tooMany("1000")}, nil, []string{depsRan}},
		"a layer cut off":        {testenv.Fault{Path: blobs, Method: "GET", First: 2, Answer: testenv.Answer{Pass: true, Truncate: 1000}}, nil, []string{"::warning::a part of GitHub's cache could not be read: ", "short read", depsRan}},
		"an index gone":          {testenv.Fault{Path: blobs, Method: "GET", Answer: testenv.Answer{Status: 404}}, nil, []string{"::warning::importing GitHub's cache: ", depsRan}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newCacheLab(t, c.fault)
			begun := time.Now()
			r := l.run(t, twoStages, l.Token(mainRef))
			r.mustSay(c.says...)
			if c.second != nil {
				r = l.run(t, twoStages+"RUN md5sum /random\n", l.Token(mainRef))
				r.mustSay(c.second...)
			}
			if took := time.Since(begun); took > 3*time.Minute {
				t.Errorf("it took %s", took)
			}
			r.mustNotSay("sig=", "-----\nRESPONSE")
		})
	}
}

// TestGitHubCacheEvicted builds with an index whose layers GitHub has removed.
func TestGitHubCacheEvicted(t *testing.T) {
	t.Parallel()
	l := newCacheLab(t)
	l.run(t, twoStages, l.Token(mainRef))
	l.Evict("buildkit-blob-")
	l.run(t, twoStages, l.Token(mainRef)).mustSay(depsRan)
}

// TestGitHubCacheBesideAPush publishes while the cache is broken, and while a push
// fails transiently.
func TestGitHubCacheBesideAPush(t *testing.T) {
	t.Parallel()
	l := newCacheLab(t, testenv.Fault{Path: "/CreateCacheEntry", Answer: testenv.Answer{Status: 500, Body: "{}"}})
	transient := testenv.NewProxy(t, l.registry, testenv.ProxyOptions{Fault: testenv.Faults(testenv.Fault{
		Method: http.MethodPut, Path: "/manifests/sha256:", Count: 1, Answer: testenv.Answer{Status: http.StatusServiceUnavailable},
	})})
	for name, host := range map[string]string{"sound": l.registry, "passing": transient.Host} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := l.run(t, twoStages, l.Token(mainRef), "INPUT_PUSH=true", "INPUT_REGISTRY="+host, "INPUT_IMAGE=octo/"+name)
			r.mustSay("::warning::exporting to GitHub Actions Cache: ", "Publishing "+host+"/octo/"+name+":latest")
			mustExist(t, l.registry+"/octo/"+name+":latest", true)
		})
	}
	t.Run("cut off", func(t *testing.T) { // of which BuildKit mostly speaks as of a layer that it could not read
		t.Parallel()
		var over atomic.Bool
		cut := testenv.NewProxy(t, l.registry, testenv.ProxyOptions{Fault: cutLargeOff(&over)})
		r := start(t, l.step(twoStages, l.Token(mainRef), "INPUT_PUSH=true", "INPUT_REGISTRY="+cut.Host, "INPUT_IMAGE=octo/cut"))
		r.waitFor("trying again")
		over.Store(true)
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		r.mustNotSay("building again without the cache", "could not be read")
		mustExist(t, l.registry+"/octo/cut:latest", true)
	})
	r := start(t, l.step(twoStages, l.Token(mainRef), "INPUT_PUSH=true", "INPUT_REGISTRY="+l.registry, "INPUT_IMAGE=octo/line", "INPUT_CACHE=", "INPUT_CACHE-TO=type=gha"))
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error::exporting the build cache: ")
	mustExist(t, l.registry+"/octo/line:latest", false)
}

func mustExist(t *testing.T, ref string, want bool) {
	t.Helper()
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Head(tag); (err == nil) != want {
		t.Errorf("asking for %s: %v, want that it is there: %t", ref, err, want)
	}
}

// cutLargeOff cuts every upload of a large blob off, until it is over.
func cutLargeOff(over *atomic.Bool) func(int, *http.Request) *testenv.Answer {
	return func(_ int, r *http.Request) *testenv.Answer {
		if r.Method != http.MethodPut || r.ContentLength < 1<<20 || over.Load() {
			return nil
		}
		return &testenv.Answer{Reset: true}
	}
}
