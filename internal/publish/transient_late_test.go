package publish_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// losing passes requests on, and breaks the connection in place of the first
// answer to the PUT of a tag. A second PUT gets the status refuses, where it is
// one.
func losing(t *testing.T, upstream, tag string, refuses int) (host string, puts *atomic.Int32) {
	t.Helper()
	puts = &atomic.Int32{}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: upstream})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isManifest(r, http.MethodPut, tag) {
			forward.ServeHTTP(w, r)
			return
		}
		if puts.Add(1) == 1 {
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		if refuses != 0 {
			http.Error(w, says("TAG_INVALID", "the tag is immutable"), refuses)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), puts
}

// TestTagWhoseAnswerIsLost moves a tag, and does not hear of it.
func TestTagWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	for i, refuses := range []int{0, http.StatusConflict, http.StatusBadRequest} {
		t.Run(fmt.Sprint(refuses), func(t *testing.T) {
			t.Parallel()
			host, puts := losing(t, upstream.Host, "latest", refuses)
			path := fmt.Sprintf("/app%d", i)
			digest := pushByDigest(t, newRepository(t, upstream.Host+path))
			publisher, _ := watched(t, nil)
			if _, err := publisher.Tag(t.Context(), digest, nil, tagsOf(newRepository(t, host+path), "latest")); err != nil || puts.Load() != 2 {
				t.Errorf("Tag = %v after %d requests, want it to find the tag where it is to be", err, puts.Load())
			}
			if got := held(t, newRepository(t, upstream.Host+path).Tag("latest")); got != digest.String() {
				t.Errorf("the tag is at %q", got)
			}
		})
	}
}

// TestReadBackIsTriedAgain has a registry answer with what was there before.
func TestReadBackIsTriedAgain(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	old := http.Header{"Docker-Content-Digest": {otherDigest}, "Content-Type": {"application/vnd.oci.image.manifest.v1+json"}, "Content-Length": {"2"}}
	cases := []struct {
		name   string
		late   int32
		answer testenv.Answer
		heads  int32
		moves  bool
	}{
		{"the old image, twice", 2, testenv.Answer{Header: old}, 3, true},
		{"the old image, for good", 100, testenv.Answer{Header: old}, 4, false},
		{"no tag, three times", 3, testenv.Answer{Status: 404}, 4, true},
		{"no tag, for good", 100, testenv.Answer{Status: 404}, 4, false},
		{"denied", 100, testenv.Answer{Status: 403}, 1, true}, // a GET is not
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := fmt.Sprintf("/app%d", i)
			digest := pushByDigest(t, newRepository(t, upstream.Host+path))
			var heads atomic.Int32
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if isManifest(r, http.MethodHead, "latest") && heads.Add(1) <= c.late {
					answer := c.answer
					return &answer
				}
				return nil
			}})
			publisher, waits := watched(t, nil)
			_, err := publisher.Tag(t.Context(), digest, nil, tagsOf(newRepository(t, proxy.Host+path), "latest"))
			if (err == nil) != c.moves || heads.Load() != c.heads {
				t.Errorf("Tag = %v after reading %d times, want success = %t after %d", err, heads.Load(), c.moves, c.heads)
			}
			if c.heads > 1 && !strings.Contains(strings.Join(waits(), "\n"), "the tag latest is not yet at the new image; trying again in") {
				t.Errorf("the log says %q", waits())
			}
			if !c.moves && !strings.Contains(err.Error(), "after 4 attempts: reading the tag") {
				t.Errorf("Tag = %q", err)
			}
		})
	}
}

// TestTagWhileTheRegistryRestarts stops it between two tags.
func TestTagWhileTheRegistryRestarts(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	repo := newRepository(t, upstream.Host+"/app")
	digest := pushByDigest(t, repo)
	var once sync.Once
	publisher, waits := watched(t, func(registry.Wait) { once.Do(upstream.Restart) })
	if _, err := publisher.Tag(t.Context(), digest, nil, tagsOf(repo, "first")); err != nil {
		t.Fatal(err)
	}
	upstream.Stop()
	if _, err := publisher.Tag(t.Context(), digest, nil, tagsOf(repo, "second")); err != nil || len(waits()) == 0 {
		t.Errorf("Tag = %v after the waits %q, want it to wait for the registry", err, waits())
	}
}

// TestTagEndsWhileItWaits cancels a wait that a registry has asked for.
func TestTagEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	digest := pushByDigest(t, newRepository(t, upstream.Host+"/app"))
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.Method == http.MethodPut {
			return &testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"45"}}}
		}
		return nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var at atomic.Int64
	publisher, _ := watched(t, func(registry.Wait) {
		at.Store(time.Now().UnixNano())
		cancel()
	})
	_, err := publisher.Tag(ctx, digest, nil, tagsOf(newRepository(t, proxy.Host+"/app"), "latest"))
	if took := time.Since(time.Unix(0, at.Load())); !errors.Is(err, context.Canceled) || took > 30*time.Second {
		t.Errorf("Tag = %v, %s after it was cancelled", err, took)
	}
}

// TestPreflightOfABusyRegistry has the login fail transiently, for longer than our
// retryPolicy and for an hour: that says nothing about permission.
func TestPreflightOfABusyRegistry(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	for kind, answer := range map[string]testenv.Answer{
		"503": {Status: 503}, "an hour": {Status: 429, Header: http.Header{"Retry-After": {"3600"}}}, "reset": {Reset: true},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(int, *http.Request) *testenv.Answer {
				copied := answer
				return &copied
			}})
			publisher, _ := watched(t, nil)
			if err := publisher.Preflight(t.Context(), []name.Repository{newRepository(t, proxy.Host+"/app")}); err != nil {
				t.Errorf("Preflight = %v, want nothing", err)
			}
		})
	}
}
