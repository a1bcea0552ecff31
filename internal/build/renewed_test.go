package build

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestSolveRenewsAToken has a registry revoke a token in the middle of a real BuildKit's
// push, in the ways in which registries say so: the push is made once more with a fresh
// one. Where that is revoked, too, the run ends.
func TestSolveRenewsAToken(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t, testenv.Grant{User: "writer", Password: "w-pass", Repository: "team/*", Actions: []string{"pull", "push"}})
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	base, b := testenv.BaseImage(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host), connect(t)
	challenge := fmt.Sprintf(`Bearer realm=%q,service="slipway-test-registry",scope="repository:team/app:pull,push"`, tokens.Realm)
	for i, c := range []struct {
		name   string
		answer testenv.Answer
		always bool
	}{
		{"a challenge that calls it invalid", testenv.Answer{Status: 401, Header: http.Header{"WWW-Authenticate": {challenge + `,error="invalid_token"`}}}, false},
		{"a challenge", testenv.Answer{Status: 401, Header: http.Header{"WWW-Authenticate": {challenge}}, Body: words("UNAUTHORIZED", "authentication required")}, false},
		{"no challenge", testenv.Answer{Status: 401, Body: words("UNAUTHORIZED", "authentication required")}, false},
		{"nothing", testenv.Answer{Status: 401}, false},
		{"its own words", testenv.Answer{Status: 401, Body: words("UNAUTHORIZED", "the token was revoked")}, false},
		{"for ever", testenv.Answer{Status: 401, Body: words("UNAUTHORIZED", "authentication required")}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var revoked atomic.Value
			revoked.Store("")
			f := &flaky{}
			f.Proxy = testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				token := r.Header.Get("Authorization")
				if !isManifestPut(r) || !strings.HasPrefix(token, "Bearer ") {
					return nil
				}
				revoked.CompareAndSwap("", token)
				if !c.always && token != revoked.Load() {
					return nil
				}
				copied := c.answer
				return &copied
			}})
			var log bytes.Buffer
			p := planFor(t, base, fmt.Sprintf("%s/team/app%d", f.Host, i))
			reg, err := name.NewRegistry(f.Host)
			if err != nil {
				t.Fatal(err)
			}
			result, err := Solve(t.Context(), b, Request{
				Registries: registry.NewClient(registry.Credentials{}.With(reg, "writer", "w-pass"), registry.Situation{}),
				Plan:       p, Log: &log, RetryPolicy: f.retryPolicy(&log),
			})
			if c.always {
				if err == nil || f.waits.Load() != 1 {
					t.Errorf("Solve = %v after %d waits, want it to fail after one\n%s", err, f.waits.Load(), &log)
				}
				return
			}
			if err != nil || f.waits.Load() > 1 {
				t.Fatalf("Solve = %v after %d waits, want it to push with a fresh token\n%s", err, f.waits.Load(), &log)
			}
			login := remote.WithAuth(&authn.Basic{Username: "writer", Password: "w-pass"})
			if _, err := remote.Get(p.PushTo[0].Digest(result.Digest.String()), login); err != nil {
				t.Errorf("the image is not there: %v", err)
			}
		})
	}
}
