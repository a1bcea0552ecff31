package publish_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// user and password own the repositories.
const user, password = "octocat", "correct-horse-battery-staple"

// TestPublic pushes with a login, and asks as a stranger, who gets a token for
// what is public and none, or one for nothing, for the rest.
func TestPublic(t *testing.T) {
	t.Parallel()
	owner := testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}}
	everybody := testenv.Grant{Repository: "octo/public*", Actions: []string{"pull"}}
	for title, c := range map[string]struct {
		grants     []testenv.Grant
		repository string
		want       bool
	}{
		"a public one":                  {[]testenv.Grant{owner, everybody}, "octo/public", true},
		"a public one with a slash":     {[]testenv.Grant{owner, everybody}, "octo/public/app", true},
		"a private one":                 {[]testenv.Grant{owner, everybody}, "octo/private", false},
		"a private one, and no tokens":  {[]testenv.Grant{owner}, "octo/private", false},
		"a private one, named the same": {[]testenv.Grant{owner, {Repository: "octo/public", Actions: []string{"pull"}}}, "octo/public-not", false},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			tokens := testenv.NewTokenServer(t, c.grants...)
			reg := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
			repo := newRepository(t, reg.Host+"/"+c.repository)
			digest := pushByDigest(t, repo, basic(user, password))
			before := len(tokens.Requests())
			got, err := newPublisher(t, reg.Host, user, password).Public(t.Context(), repo, digest)
			if err != nil || got != c.want {
				t.Errorf("Public = %v, %v, want %v", got, err, c.want)
			}
			for _, r := range tokens.Requests()[before:] {
				if r.User != "" || strings.Contains(strings.Join(r.Scopes, " "), "push") {
					t.Errorf("a stranger asked for a token as %q for %q", r.User, r.Scopes)
				}
			}
		})
	}
}

// A registry that asks for a password, and one that lets everybody in.
func TestPublicWithoutATokenServer(t *testing.T) {
	t.Parallel()
	guarded := testenv.NewRegistry(t, testenv.RegistryOptions{Htpasswd: map[string]string{user: password}})
	repo := newRepository(t, guarded.Host+"/octo/app")
	digest := pushByDigest(t, repo, basic(user, password))
	if public, err := newPublisher(t, guarded.Host, user, password).Public(t.Context(), repo, digest); public || err != nil {
		t.Errorf("Public = %v, %v, want false", public, err)
	}
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	repo = newRepository(t, open.Host+"/octo/app")
	if public, err := newPublisher(t, open.Host, user, password).Public(t.Context(), repo, pushByDigest(t, repo)); !public || err != nil {
		t.Errorf("Public = %v, %v, want true", public, err)
	}
}

// TestPublicThatIsNotKnown gets answers that say neither.
func TestPublicThatIsNotKnown(t *testing.T) {
	t.Parallel()
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	for title, fault := range map[string]func(int, *http.Request) *testenv.Answer{
		"not there": func(_ int, r *http.Request) *testenv.Answer {
			if strings.Contains(r.URL.Path, "/manifests/") {
				return &testenv.Answer{Status: http.StatusNotFound, Body: `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`}
			}
			return nil
		},
		"too often": func(_ int, r *http.Request) *testenv.Answer {
			if strings.Contains(r.URL.Path, "/manifests/") {
				return &testenv.Answer{Status: http.StatusForbidden, Body: `{"message":"You have exceeded a secondary rate limit."}`}
			}
			return nil
		},
		"down": func(int, *http.Request) *testenv.Answer { return &testenv.Answer{Status: http.StatusBadGateway} },
		"silent": func(_ int, r *http.Request) *testenv.Answer {
			<-r.Context().Done()
			return &testenv.Answer{Status: http.StatusBadGateway}
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, open.Host, testenv.ProxyOptions{Fault: fault})
			repo := newRepository(t, open.Host+"/octo/app")
			digest := pushByDigest(t, repo)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			public, err := newPublisher(t, proxy.Host, "", "").Public(ctx, newRepository(t, proxy.Host+"/octo/app"), digest)
			if public || err == nil || !strings.Contains(err.Error(), proxy.Host+"/octo/app") {
				t.Errorf("Public = %v, %v, want an error that names the repository", public, err)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %s, want no longer than its context", took)
			}
		})
	}
}
