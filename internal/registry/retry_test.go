package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-build/slipway/internal/testenv"
)

// faulty opens a repository of a real registry behind a proxy that fails requests
// to list the tags as fault says; n counts these from 1.
func faulty(t *testing.T, retryPolicy RetryPolicy, fault func(n int32) *testenv.Answer) (http.RoundTripper, func(method string, body io.Reader) *http.Request, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if !strings.HasSuffix(r.URL.Path, "/tags/list") {
			return nil
		}
		return fault(asked.Add(1))
	}})
	repo := newRepository(t, proxy.Host+"/app")
	client := NewClient(Credentials{}, Situation{})
	client.RetryPolicy = retryPolicy
	opened, err := client.Open(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	return opened, func(method string, body io.Reader) *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), method, proxy.URL+"/v2/app/tags/list", body)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}, &asked
}

func quick() RetryPolicy {
	p := RequestRetryPolicy()
	p.First = time.Millisecond
	return p
}

func first(n int32, answer testenv.Answer) func(int32) *testenv.Answer {
	return func(i int32) *testenv.Answer {
		if i <= n {
			return &answer
		}
		return nil
	}
}

// TestRetryAsOftenAsItHelps asks a registry that answers 404 NAME_UNKNOWN when it
// is well.
func TestRetryAsOftenAsItHelps(t *testing.T) {
	t.Parallel()
	secondary := `{"errors":[{"code":"DENIED","message":"You have exceeded a secondary rate limit"}]}`
	cases := []struct {
		name  string
		fault func(int32) *testenv.Answer
		asked int32
		want  int // the status that is given on; 0 for an error
		says  string
	}{
		{"well", first(0, testenv.Answer{}), 1, 404, ""},
		{"503 once", first(1, testenv.Answer{Status: 503}), 2, 404, "503 Service Unavailable"},
		{"503 three times", first(3, testenv.Answer{Status: 503}), 4, 404, "(4 of 4)"},
		{"503 for good", first(100, testenv.Answer{Status: 503, Body: `{"errors":[{"code":"UNAVAILABLE","message":"try later"}]}`}), 4, 0, "after 4 attempts"},
		{"reset twice", first(2, testenv.Answer{Reset: true}), 3, 404, "connection reset by peer; trying again"}, // once by net/http itself
		{"429 storm", first(10, testenv.Answer{Status: 429}), 4, 0, "after 4 attempts"},
		{"secondary rate limit", first(1, testenv.Answer{Status: 403, Body: secondary, Header: http.Header{"Retry-After": {"1"}}}), 2, 404, "asks to wait 1s (403 Forbidden, secondary rate limit)"},
		{"denied", first(100, testenv.Answer{Status: 403, Body: `{"errors":[{"code":"DENIED","message":"permission_denied: write_package"}]}`}), 1, 403, ""},
		{"unauthorized", first(100, testenv.Answer{Status: 401}), 1, 401, ""},
		{"unsupported", first(100, testenv.Answer{Status: 405}), 1, 405, ""},
		{"bad request", first(100, testenv.Answer{Status: 400}), 1, 400, ""},
		{"an upload that is lost", first(100, testenv.Answer{Status: 404, Body: `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}`}), 1, 404, ""},
		{"too long a wait", first(100, testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}), 1, 0, "asks to wait 1h 0m; run this again after "},
		{"503 and then denied", func(n int32) *testenv.Answer {
			return &testenv.Answer{Status: []int{503, 403}[min(n, 2)-1]}
		}, 2, 403, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var said []string
			retryPolicy := quick()
			retryPolicy.Notice = func(w Wait) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, w.String())
			}
			opened, request, asked := faulty(t, retryPolicy, c.fault)
			resp, err := opened.RoundTrip(request(http.MethodGet, nil))
			if asked.Load() != c.asked {
				t.Errorf("asked %d times, want %d", asked.Load(), c.asked)
			}
			if err != nil {
				said = append(said, err.Error())
			}
			if got := strings.Join(said, "\n"); !strings.Contains(got, c.says) {
				t.Errorf("said %q, want %q", got, c.says)
			}
			if waits := int32(len(said)); err == nil && waits != c.asked-1 && !strings.Contains(c.name, "reset") {
				t.Errorf("told of %d waits between %d requests: %q", waits, c.asked, said)
			}
			if c.want == 0 {
				var answer *transport.Error
				if !errors.As(err, &answer) || !GaveUp(err) {
					t.Errorf("RoundTrip = %v, want an error with the registry's answer", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("RoundTrip = %v", err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.want {
				t.Errorf("status %d, want %d", resp.StatusCode, c.want)
			}
		})
	}
}

// TestRetryWaitsAsAsked measures the waits.
func TestRetryWaitsAsAsked(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		answer   func() testenv.Answer
		min, max time.Duration
	}{
		{"seconds", func() testenv.Answer {
			return testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"1"}}}
		}, time.Second, 5 * time.Second},
		{"a date", func() testenv.Answer { // it has whole seconds: 1 s to 2 s from now
			return testenv.Answer{Status: 503, Header: http.Header{"Retry-After": {time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat)}}}
		}, 900 * time.Millisecond, 7 * time.Second},
		{"GitHub's words", func() testenv.Answer {
			return testenv.Answer{Status: 429, Body: `{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 300.5ms, allowed: 2000/minute"}]}`}
		}, 300 * time.Millisecond, 5 * time.Second},
		{"no word", func() testenv.Answer { return testenv.Answer{Status: 429} }, 0, 5 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var failed atomic.Int64
			opened, request, asked := faulty(t, quick(), func(n int32) *testenv.Answer {
				if n > 1 {
					return nil
				}
				answer := c.answer()
				failed.Store(time.Now().UnixNano())
				return &answer
			})
			resp, err := opened.RoundTrip(request(http.MethodGet, nil))
			if err != nil || asked.Load() != 2 {
				t.Fatalf("RoundTrip = %v after %d requests, want 2", err, asked.Load())
			}
			resp.Body.Close()
			if waited := time.Since(time.Unix(0, failed.Load())); waited < c.min || waited > c.max {
				t.Errorf("waited %s, want between %s and %s", waited, c.min, c.max)
			}
		})
	}
}

// TestRetryEndsWithItsContext cancels during a wait.
func TestRetryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var at time.Time
	retryPolicy := RequestRetryPolicy()
	retryPolicy.Notice = func(Wait) {
		at = time.Now()
		cancel()
	}
	opened, request, asked := faulty(t, retryPolicy, first(100, testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"30"}}}))
	_, err := opened.RoundTrip(request(http.MethodGet, nil).WithContext(ctx))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "429 Too Many Requests") || asked.Load() != 1 {
		t.Errorf("RoundTrip = %v after %d requests, want that it was cancelled after a 429", err, asked.Load())
	}
	if took := time.Since(at); took > 20*time.Second {
		t.Errorf("it took %s to end", took)
	}
}
