package publish_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTagTriesAgain lets one request of each kind fail once, in the ways in
// which registries fail for a moment.
func TestTagTriesAgain(t *testing.T) {
	t.Parallel()
	unavailable, broken := testenv.Answer{Status: http.StatusServiceUnavailable}, testenv.Answer{Reset: true}
	login := func(r *http.Request, _ string) bool { return r.URL.Path == "/v2/" }
	read := func(r *http.Request, digest string) bool { return isManifest(r, http.MethodGet, digest) }
	put := func(r *http.Request, _ string) bool { return isManifest(r, http.MethodPut, "latest") }
	readBack := func(r *http.Request, _ string) bool { return isManifest(r, http.MethodHead, "latest") }
	cases := []struct {
		name    string
		matches func(r *http.Request, digest string) bool
		answer  testenv.Answer
	}{
		{"logging in, unavailable", login, unavailable},
		{"logging in, connection broken", login, broken},
		{"reading the image, unavailable", read, unavailable},
		{"reading the image, connection broken", read, broken},
		{"putting a tag, unavailable", put, unavailable},
		{"putting a tag, connection broken", put, broken},
		{"reading back, unavailable", readBack, unavailable},
		{"reading back, connection broken", readBack, broken},
		{"reading back, too many requests", readBack, testenv.Answer{Status: http.StatusTooManyRequests}},
		{"reading back, bad gateway", readBack, testenv.Answer{Status: http.StatusBadGateway}},
		{"reading back, internal error", readBack, testenv.Answer{Status: http.StatusInternalServerError}},
	}
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	repo := newRepository(t, upstream.Host+"/app")
	digest := pushByDigest(t, repo)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if c.matches(r, digest.String()) && asked.Add(1) == 1 {
					return &c.answer
				}
				return nil
			}})
			tag := newRepository(t, proxy.Host+"/app").Tag("latest")
			if _, err := newPublisher(t, proxy.Host, "", "").Tag(t.Context(), digest, nil, []name.Tag{tag}); err != nil {
				t.Errorf("Tag = %q, want it to try again", err)
			}
			if asked.Load() != 2 {
				t.Errorf("the request was made %d times, want 2: %v", asked.Load(), proxy.Requests())
			}
		})
	}
}

// TestTagRenewsItsToken is a token that runs out during a long build, or is revoked:
// a registry says so with a challenge, or without. A fresh one is fetched once.
func TestTagRenewsItsToken(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: "writer", Password: "w-pass", Repository: "team/*", Actions: []string{"pull", "push"}})
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	digest := pushByDigest(t, newRepository(t, upstream.Host+"/team/app"), basic("writer", "w-pass"))
	challenge := http.Header{"WWW-Authenticate": {fmt.Sprintf(`Bearer realm=%q,service="slipway-test-registry",error="invalid_token"`, tokens.Realm)}}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodHead} {
		for kind, header := range map[string]http.Header{"challenged": challenge, "bare": {}, "empty": {"WWW-Authenticate": {""}}} {
			for _, fails := range []int32{1, 100} {
				t.Run(fmt.Sprintf("%s %s %d", method, kind, fails), func(t *testing.T) {
					t.Parallel()
					var asked atomic.Int32
					proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
						if strings.Contains(r.URL.Path, "/manifests/") && r.Method == method && asked.Add(1) <= fails {
							return &testenv.Answer{Status: http.StatusUnauthorized, Header: header.Clone()}
						}
						return nil
					}})
					publisher := newPublisher(t, proxy.Host, "writer", "w-pass")
					_, err := publisher.Tag(t.Context(), digest, nil, tagsOf(newRepository(t, proxy.Host+"/team/app"), "latest"))
					if fails == 1 && err != nil {
						t.Errorf("Tag = %q, want it to renew its token", err)
					}
					if asked.Load() != 2 && method != http.MethodGet { // a GET is asked again for a reason
						t.Errorf("%s was made %d times, want 2", method, asked.Load())
					}
				})
			}
		}
	}
}

// TestTagLogsInAgainAfterALoginThatWasCutOff is a push that ends while LookAhead
// is still logging in, which cancels it.
func TestTagLogsInAgainAfterALoginThatWasCutOff(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host+"/app")
	digest := pushByDigest(t, repo)
	publisher := newPublisher(t, repo.RegistryStr(), "", "")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	publisher.LookAhead(over, digest, tagsOf(repo, "latest"))
	if _, err := publisher.Tag(t.Context(), digest, nil, tagsOf(repo, "latest")); err != nil {
		t.Errorf("Tag = %q, want it to log in again", err)
	}
}
