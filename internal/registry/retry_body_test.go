package registry

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestRetryGivesBodiesOn compares what is sent and received with and without
// faults.
func TestRetryGivesBodiesOn(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, maxRefusal - 1, maxRefusal, maxRefusal + 1, maxAnswer - 1, maxAnswer} {
		for _, status := range []int{http.StatusOK, http.StatusForbidden} {
			t.Run(fmt.Sprint(status, " ", size), func(t *testing.T) {
				t.Parallel()
				text := strings.Repeat("0123456789abcdef", size/16+1)[:size]
				opened, request, _ := faulty(t, quick(), func(n int32) *testenv.Answer {
					if n == 1 {
						return &testenv.Answer{Status: 503, Body: text}
					}
					return &testenv.Answer{Status: status, Body: text}
				})
				resp, err := opened.RoundTrip(request(http.MethodGet, nil))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				got, err := io.ReadAll(resp.Body)
				want := text
				if status >= 400 {
					want = text[:min(size, maxRefusal)]
				}
				if err != nil || string(got) != want {
					t.Errorf("%d bytes of the body, %v, want %d", len(got), err, len(want))
				}
			})
		}
	}
}

// TestRetrySendsBodiesAgain has bodies arrive whole at the second attempt, and is
// content with one where there is no second body.
func TestRetrySendsBodiesAgain(t *testing.T) {
	t.Parallel()
	const text = "a manifest"
	for _, again := range []bool{true, false} {
		t.Run(fmt.Sprint(again), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var came []string
			server := newNetwork(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				came = append(came, string(body))
				if len(came) == 1 {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://"+goodHost+"/v2/app/manifests/latest", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{text, text}
			if !again {
				req.GetBody, want = nil, want[:1]
			}
			sender := &retry{next: &guard{host: goodHost, next: server}, retryPolicy: quick(), known: &sync.Map{}}
			resp, err := sender.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if mu.Lock(); !slices.Equal(came, want) {
				t.Errorf("bodies %q, want %q", came, want)
			}
			mu.Unlock()
		})
	}
}

// TestRetryKnowsWhoWasThere restarts a registry, and asks one that never was.
func TestRetryKnowsWhoWasThere(t *testing.T) {
	t.Parallel()
	retryPolicy := quick()
	retryPolicy.First = 200 * time.Millisecond
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	repo := newRepository(t, registry.Host+"/app")
	waits := make(chan Wait, 10)
	retryPolicy.Notice = func(w Wait) { waits <- w }
	client := NewClient(Credentials{}, Situation{})
	client.RetryPolicy = retryPolicy
	opened, err := client.Open(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	registry.Stop()
	var restarting sync.WaitGroup
	restarting.Go(func() {
		<-waits
		registry.Restart()
	})
	if got := list(t, opened, repo); got != http.StatusNotFound {
		t.Errorf("listing the tags after a restart: %d, want 404", got)
	}
	restarting.Wait()
	registry.Stop()
	stranger := NewClient(Credentials{}, Situation{})
	stranger.RetryPolicy.Notice = func(w Wait) { t.Errorf("waits for one who never was there: %s", w) }
	if _, err := stranger.Open(t.Context(), repo); err == nil || !OutOfReach(repo, err) {
		t.Errorf("Open of a registry that is down = %v, want that it is out of reach", err)
	}
}
