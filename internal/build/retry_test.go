package build

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// flaky is a registry that fails as long as the build has waited fewer than fails
// times.
type flaky struct {
	*testenv.Proxy
	waits  atomic.Int32
	hits   atomic.Int32
	waited sync.Map // waits to registry.Wait
}

func newFlaky(t *testing.T, host string, fails int32, matches func(*http.Request) bool, answer testenv.Answer) *flaky {
	t.Helper()
	f := &flaky{}
	f.Proxy = testenv.NewProxy(t, host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if f.waits.Load() >= fails || !matches(r) {
			return nil
		}
		f.hits.Add(1)
		copied := answer
		return &copied
	}})
	return f
}

// retryPolicy is quick, and tells the log as the default does.
func (f *flaky) retryPolicy(log *bytes.Buffer) registry.RetryPolicy {
	p := registry.PushRetryPolicy()
	p.First = 10 * time.Millisecond
	p.Notice = func(w registry.Wait) {
		f.waited.Store(f.waits.Add(1), w)
		fmt.Fprintln(log, w)
	}
	return p
}

func connect(t *testing.T) *builder.Builder {
	t.Helper()
	return connectTo(t, testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address)
}

func connectTo(t *testing.T, address string) *builder.Builder {
	t.Helper()
	b, err := builder.Connect(t.Context(), builder.Options{Want: address, Lookup: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	return b
}

// planFor builds what is another image each time it is built.
func planFor(t *testing.T, base name.Reference, repo string) plan.Build {
	t.Helper()
	pushTo, err := name.NewRepository(repo)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	dockerfile := filepath.Join(dir, "Dockerfile")
	text := "FROM " + base.Name() + "\nCOPY Dockerfile /\nRUN head -c 16 /dev/urandom > /random\nmaintainer x\n# " + repo + "\n"
	if err := os.WriteFile(dockerfile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return plan.Build{Context: dir, Dockerfile: dockerfile, NoCache: true, Pull: true, PushTo: []name.Repository{pushTo}}
}

func isUpload(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/uploads/")
}

func isManifestPut(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/")
}

// isAny is every request of a push, and of asking what has become of it.
func isAny(r *http.Request) bool {
	return r.URL.Path != "/v2/" && r.Method != http.MethodGet
}

func isFirst(r *http.Request) bool { return r.Method == http.MethodHead }

func words(code, message string) string {
	return fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, code, message)
}

// TestSolvePushesAgain fails pushes by a real BuildKit transiently.
func TestSolvePushesAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		fails   int32 // attempts
		matches func(*http.Request) bool
		answer  testenv.Answer
		says    string
		waits   time.Duration // at least
	}{
		{"429 for everything", 1, isAny, testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"2"}}}, "asks to wait 2s (429 Too Many Requests); trying again (2 of 4)", 2 * time.Second},
		{"503 for everything", 1, isAny, testenv.Answer{Status: 503, Header: http.Header{"Retry-After": {"2"}}}, "asks to wait 2s (503 Service Unavailable)", 2 * time.Second},
		{"429 for an upload", 1, isUpload, testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"1"}}}, "429 Too Many Requests; trying again in", 0},
		{"429 with GitHub's words", 1, isUpload, testenv.Answer{Status: 429, Body: words("TOOMANYREQUESTS", "retry-after: 1.25s, allowed: 2000/minute")}, "asks to wait 1.2s (toomanyrequests); trying again (2 of 4)", 1250 * time.Millisecond},
		{"a lost upload", 1, isUpload, testenv.Answer{Status: 404, Body: words("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")}, "blob upload unknown", 0},
		{"an upload it does not like, three times", 3, isUpload, testenv.Answer{Status: 404, Body: words("BLOB_UPLOAD_INVALID", "blob upload invalid")}, "(4 of 4)", 0},
		{"a blob that is not yet everywhere", 1, isManifestPut, testenv.Answer{Status: 404, Body: words("BLOB_UNKNOWN", "blob unknown to registry")}, "blob unknown", 0},
		{"secondary rate limit", 1, isUpload, testenv.Answer{Status: 403, Body: words("DENIED", "You have exceeded a secondary rate limit, retry-after: 100ms")}, "secondary rate limit", 100 * time.Millisecond},
		{"503 at first", 1, isFirst, testenv.Answer{Status: 503}, "503 Service Unavailable", 0},
		{"503 in the middle", 1, isUpload, testenv.Answer{Status: 503}, "503 Service Unavailable", 0},
		{"503 at last", 1, isManifestPut, testenv.Answer{Status: 503}, "503 Service Unavailable", 0},
		{"reset in the middle", 1, isUpload, testenv.Answer{Reset: true}, "trying again in", 0},
		{"reset at last", 1, isManifestPut, testenv.Answer{Reset: true}, "trying again in", 0},
	}
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFlaky(t, upstream.Host, c.fails, c.matches, c.answer)
			var log bytes.Buffer
			p := planFor(t, base, fmt.Sprintf("%s/app%d", f.Host, i))
			var pushing atomic.Int32
			result, err := Solve(t.Context(), b, Request{
				Registries: anonymous(),
				Plan:       p, Log: &log, RetryPolicy: f.retryPolicy(&log), Pushing: func(v1.Hash) { pushing.Add(1) },
			})
			if err != nil {
				t.Fatalf("Solve = %v, want it to push again\n%s", err, &log)
			}
			if f.waits.Load() != c.fails || !strings.Contains(log.String(), c.says) {
				t.Errorf("waited %d times, want %d, and the log is to say %q:\n%s", f.waits.Load(), c.fails, c.says, &log)
			}
			if first, _ := f.waited.Load(int32(1)); first.(registry.Wait).For < c.waits {
				t.Errorf("%+v, want %s at least", first, c.waits)
			}
			_, after, _ := strings.Cut(log.String(), "trying again")
			if strings.Count(after, "CACHED") < 2 {
				t.Errorf("it was built again:\n%s", &log)
			}
			if result.Steps < 2 || result.Cached > 1 || len(result.Warnings) == 0 {
				t.Errorf("%d steps, %d of them cached, warnings %v: want what was seen at first", result.Steps, result.Cached, result.Warnings)
			}
			for _, one := range result.Timeline {
				if one.Failed {
					t.Errorf("%q is said to have failed, and the push went through", one.Name)
				}
			}
			if pushing.Load() > 1 {
				t.Errorf("Pushing was called %d times", pushing.Load())
			}
			if _, err := remote.Get(p.PushTo[0].Digest(result.Digest.String())); err != nil {
				t.Errorf("the image is not there: %v", err)
			}
		})
	}
}

// TestSolveGivesUp is for failures that last.
func TestSolveGivesUp(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		answer testenv.Answer
		waits  int32
		hits   int32 // 0: however often BuildKit likes
		says   []string
	}{
		{"denied", testenv.Answer{Status: 403, Body: words("DENIED", "permission_denied: write_package")}, 0, 1, []string{"refuses this: permission_denied: write_package"}},
		{"a bad manifest", testenv.Answer{Status: 400, Body: words("MANIFEST_INVALID", "unexpected EOF")}, 0, 1, []string{"unexpected EOF"}},
		{"429 storm", testenv.Answer{Status: 429}, 3, 0, []string{"after 4 attempts: pushing by digest, before any tag moves:", "429 Too Many Requests"}},
		{"asks for an hour by its header", testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}, 0, 0, []string{"asks to wait 1h 0m; run this again after "}},
		{"asks for an hour", testenv.Answer{Status: 429, Body: words("TOOMANYREQUESTS", "retry-after: 1h, allowed: 1/day")}, 0, 0, []string{"asks to wait 1h 0m; run this again after "}},
	}
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			matches := isManifestPut
			if c.answer.Header != nil {
				matches = isAny
			}
			f := newFlaky(t, upstream.Host, 1000, matches, c.answer)
			var log bytes.Buffer
			result, err := Solve(t.Context(), b, Request{
				Registries: anonymous(),
				Plan:       planFor(t, base, fmt.Sprintf("%s/app%d", f.Host, i)), Log: &log, RetryPolicy: f.retryPolicy(&log),
			})
			if err == nil || f.waits.Load() != c.waits || c.hits > 0 && f.hits.Load() != c.hits {
				t.Errorf("Solve = %v after %d waits and %d requests, want %d and %d", err, f.waits.Load(), f.hits.Load(), c.waits, c.hits)
			}
			for _, want := range c.says {
				if err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("Solve = %q, want it to say %q", err, want)
				}
			}
			if len(result.Warnings) == 0 {
				t.Error("the warnings are lost")
			}
		})
	}
}

// anonymous is for registries that want no login.
func anonymous() *registry.Client {
	return registry.NewClient(registry.Credentials{}, registry.Situation{})
}
