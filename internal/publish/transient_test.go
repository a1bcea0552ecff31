package publish_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// watched is a publisher that is quick, and whose waits can be read.
func watched(t *testing.T, notice func(registry.Wait)) (*publish.Publisher, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var waits []string
	client := registry.NewClient(registry.Credentials{}, registry.Situation{})
	client.RetryPolicy.First = 20 * time.Millisecond
	client.RetryPolicy.Notice = func(w registry.Wait) {
		mu.Lock()
		waits = append(waits, w.String())
		mu.Unlock()
		if notice != nil {
			notice(w)
		}
	}
	return publish.New(t.Context(), client), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(waits)
	}
}

func says(code, message string) string {
	return fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, code, message)
}

// TestTagWhileARegistryIsBusy moves one tag past a fault of its PUT.
func TestTagWhileARegistryIsBusy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		fails  int32
		answer testenv.Answer
		puts   int32
		moves  bool
		says   string // in the log, or in the error
		waits  time.Duration
	}{
		{"seconds", 1, testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"1"}}}, 2, true, "asks to wait 1s (429 Too Many Requests); trying again (2 of 4)", time.Second},
		{"GitHub's words", 1, testenv.Answer{Status: 429, Body: says("TOOMANYREQUESTS", "retry-after: 410.305464ms, allowed: 2000/minute")}, 2, true, "asks to wait 0.41s", 410 * time.Millisecond},
		{"a storm", 10, testenv.Answer{Status: 429, Body: says("TOOMANYREQUESTS", "slow down")}, 4, false, ", after 4 attempts", 0},
		{"an hour", 10, testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}, 1, false, "asks to wait 1h 0m; run this again after ", 0},
		{"three times unavailable", 3, testenv.Answer{Status: 503}, 4, true, "503 Service Unavailable; trying again in", 0},
		{"secondary rate limit", 1, testenv.Answer{Status: 403, Body: says("DENIED", "You have exceeded a secondary rate limit, retry-after: 100ms")}, 2, true, "secondary rate limit", 100 * time.Millisecond},
		{"denied", 10, testenv.Answer{Status: 403, Body: says("DENIED", "permission_denied: write_package")}, 1, false, "permission_denied: write_package", 0},
		{"a bad manifest", 10, testenv.Answer{Status: 400, Body: says("MANIFEST_INVALID", "manifest invalid")}, 1, false, "MANIFEST_INVALID", 0},
		{"not allowed", 10, testenv.Answer{Status: 405, Body: says("UNSUPPORTED", "unsupported")}, 1, false, "UNSUPPORTED", 0},
		{"a blob that is not yet everywhere", 2, testenv.Answer{Status: 404, Body: says("BLOB_UNKNOWN", "blob unknown to registry")}, 3, true, "404 Not Found, blob unknown", 0},
		{"an image that is not yet everywhere", 2, testenv.Answer{Status: 400, Body: says("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")}, 3, true, "400 Bad Request, blob unknown", 0},
		{"a tag that stays", 10, testenv.Answer{Status: 400, Body: says("BLOB_UPLOAD_INVALID", "Repository does not allow updating assets")}, 1, false, "updating assets", 0},
		{"no such repository", 10, testenv.Answer{Status: 404, Body: says("NAME_UNKNOWN", "repository name not known to registry")}, 1, false, "NAME_UNKNOWN", 0},
		{"reset", 1, testenv.Answer{Reset: true}, 2, true, "trying again in", 0},
	}
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := fmt.Sprintf("/app%d", i)
			digest := pushByDigest(t, newRepository(t, upstream.Host+path))
			var puts atomic.Int32
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if isManifest(r, http.MethodPut, "latest") && puts.Add(1) <= c.fails {
					answer := c.answer
					return &answer
				}
				return nil
			}})
			publisher, waits := watched(t, nil)
			tag := newRepository(t, proxy.Host+path).Tag("latest")
			start := time.Now()
			_, err := publisher.Tag(t.Context(), digest, nil, []name.Tag{tag})
			said := strings.Join(waits(), "\n")
			if err != nil {
				said += "\n" + err.Error()
			}
			if (err == nil) != c.moves || puts.Load() != c.puts || !strings.Contains(said, c.says) {
				t.Errorf("Tag = %v after %d requests, want success = %t after %d, and %q to be said: %q", err, puts.Load(), c.moves, c.puts, c.says, said)
			}
			if took := time.Since(start); took < c.waits {
				t.Errorf("it took %s, want it to wait %s", took, c.waits)
			}
			if got := held(t, tag); (got == digest.String()) != c.moves {
				t.Errorf("the tag is at %q", got)
			}
		})
	}
}

// TestTagThroughAFaultOfAnyRequest fails each request of a run in turn: with 503
// and by a broken connection.
func TestTagThroughAFaultOfAnyRequest(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	digest := pushByDigest(t, newRepository(t, upstream.Host+"/app"))
	run := func(t *testing.T, fault func(n int, r *http.Request) *testenv.Answer) (int, error) {
		proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: fault})
		repo := newRepository(t, proxy.Host+"/app")
		publisher, _ := watched(t, nil)
		if err := publisher.Preflight(t.Context(), []name.Repository{repo}); err != nil {
			return 0, err
		}
		time.Sleep(50 * time.Millisecond) // for the probe to be taken back
		_, err := publisher.Tag(t.Context(), digest, tagsOf(repo, "1.2.3"), tagsOf(repo, "latest"))
		return len(proxy.Requests()), err
	}
	requests, err := run(t, nil)
	if err != nil || requests != 8 { // /v2/, POST, DELETE, GET, and PUT and HEAD of each tag
		t.Fatalf("%d requests without a fault, want 8: %v", requests, err)
	}
	for n := 1; n <= requests; n++ {
		for kind, answer := range map[string]testenv.Answer{"503": {Status: 503}, "reset": {Reset: true}} {
			t.Run(fmt.Sprintf("%s at %d", kind, n), func(t *testing.T) {
				t.Parallel()
				got, err := run(t, func(i int, _ *http.Request) *testenv.Answer {
					if i == n {
						return &answer
					}
					return nil
				})
				if err != nil || got > requests+1 {
					t.Errorf("%d requests, %v, want one more than %d at most", got, err, requests)
				}
			})
		}
	}
}
