package testenv

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

func TestRegistryToken(t *testing.T) {
	t.Parallel()
	tokens := NewTokenServer(t,
		Grant{User: "writer", Password: "w", Repository: "team/*", Actions: []string{"pull", "push"}},
		Grant{User: "reader", Password: "r", Repository: "team/*", Actions: []string{"pull"}},
	)
	registry := NewRegistry(t, RegistryOptions{Token: tokens})
	if err := push(t, registry.Host+"/team/a/b:v1", "writer", "w"); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		name, target, user, password string
		loggedIn                     bool
	}{
		{"nobody", "/team/app:v1", "", "", false},
		{"wrong password", "/team/app:v1", "writer", "x", false},
		{"other repository", "/other/app:v1", "writer", "w", true},
		{"only pull", "/team/app:v1", "reader", "r", true},
	} {
		seen := len(tokens.Requests())
		err := push(t, registry.Host+tt.target, tt.user, tt.password)
		wantStatus(t, tt.name, err, http.StatusUnauthorized)
		for _, request := range tokens.Requests()[seen:] {
			if loggedIn := request.Status == http.StatusOK; loggedIn != tt.loggedIn || request.User != tt.user {
				t.Errorf("%s: request for a token %+v", tt.name, request)
			}
		}
	}
	auth := remote.WithAuth(&authn.Basic{Username: "reader", Password: "r"})
	if _, err := remote.Head(tag(t, registry.Host+"/team/a/b:v1"), auth); err != nil {
		t.Errorf("pull by the reader: %v", err)
	}
	if r, err := get(t, registry.URL+"/v2/"); err != nil || r.StatusCode != http.StatusUnauthorized ||
		!strings.Contains(r.Header.Get("WWW-Authenticate"), tokens.Realm) {
		t.Errorf("request without a token: %v %v", r, err)
	}
	requests := tokens.Requests()
	if len(requests) == 0 {
		t.Fatal("no request for a token")
	}
	last := requests[len(requests)-1]
	if !slices.Equal(last.Scopes, []string{"repository:team/a/b:pull"}) || time.Since(last.Time) > time.Minute {
		t.Errorf("last request for a token: %+v", last)
	}
}

func TestTokenServerAnonymous(t *testing.T) {
	t.Parallel()
	tokens := NewTokenServer(t,
		Grant{User: "writer", Password: "w", Repository: "public", Actions: []string{"pull", "push"}},
		Grant{Repository: "public", Actions: []string{"pull"}},
	)
	proxy := NewProxy(t, tokens.Host, ProxyOptions{})
	tokens.Realm = proxy.Realm()
	registry := NewRegistry(t, RegistryOptions{Token: tokens})
	if err := push(t, registry.Host+"/public:v1", "writer", "w"); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Head(tag(t, registry.Host+"/public:v1")); err != nil {
		t.Error(err)
	}
	wantStatus(t, "anonymous push", push(t, registry.Host+"/public:v2", "", ""), http.StatusUnauthorized)
	if got, want := proxy.Count(""), len(tokens.Requests()); got != want || got == 0 {
		t.Errorf("%d requests through the realm's proxy, %d at the token server", got, want)
	}
}

func TestRegistryHtpasswd(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{Htpasswd: map[string]string{"user": "right", "other": "other's"}})
	if err := push(t, registry.Host+"/app:v1", "user", "right"); err != nil {
		t.Error(err)
	}
	wantStatus(t, "wrong password", push(t, registry.Host+"/app:v1", "user", "other's"), http.StatusUnauthorized)
	wantStatus(t, "no login", push(t, registry.Host+"/app:v1", "", ""), http.StatusUnauthorized)
}

func TestRegistryTLS(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{TLS: true})
	if err := push(t, registry.Host+"/app:v1", "", "", remote.WithTransport(registry.Transport())); err != nil {
		t.Error(err)
	}
	if err := push(t, registry.Host+"/app:v1", "", ""); err == nil {
		t.Error("pushed without the authority's certificate")
	}
}

func TestRegistryRestart(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{})
	target := registry.Host + "/app:v1"
	if err := push(t, target, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(registry.Root, "docker/registry/v2/repositories/app")); err != nil {
		t.Error(err)
	}
	registry.Stop()
	registry.Stop()
	if _, err := get(t, registry.URL+"/v2/"); err == nil {
		t.Error("answered while stopped")
	}
	registry.Restart()
	head, err := remote.Head(tag(t, target))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Delete(tag(t, target).Context().Digest(head.Digest.String())); err != nil {
		t.Error(err)
	}
	_, err = remote.Head(tag(t, target))
	wantStatus(t, "head after deletion", err, http.StatusNotFound)
}

func TestBaseImageIsReproducible(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{})
	first, err := remote.Head(BaseImage(t, registry.Host))
	if err != nil {
		t.Fatal(err)
	}
	second, err := remote.Head(BaseImage(t, registry.Host))
	if err != nil {
		t.Fatal(err)
	}
	if first.Digest != second.Digest {
		t.Errorf("%s, then %s", first.Digest, second.Digest)
	}
}

// push pushes a new image of two layers, as nobody if the user is empty. It makes one request at a time: else an error
// would leave others on their way, to be counted after push returned.
func push(t *testing.T, target, user, password string, options ...remote.Option) error {
	t.Helper()
	image, err := random.Image(4096, 2)
	if err != nil {
		t.Fatal(err)
	}
	options = append(options, remote.WithJobs(1))
	if user != "" {
		options = append(options, remote.WithAuth(&authn.Basic{Username: user, Password: password}))
	}
	return remote.Write(tag(t, target), image, options...)
}

func wantStatus(t *testing.T, what string, err error, status int) {
	t.Helper()
	var answer *transport.Error
	if !errors.As(err, &answer) || answer.StatusCode != status {
		t.Errorf("%s: %v, want status %d", what, err, status)
	}
}

// get returns the answer with its body already read.
func get(t *testing.T, url string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(strings.NewReader(string(body)))
	return response, err
}

// TestTokenLifetime lets a token run out while its registry is in use, and has the clocks differ.
func TestTokenLifetime(t *testing.T) {
	t.Parallel()
	grant := Grant{User: "writer", Password: "w", Repository: "*", Actions: []string{"pull", "push"}}
	for name, tt := range map[string]struct {
		lifetime, skew, wait time.Duration
		status               int
	}{
		"fresh":              {time.Minute, 0, 0, http.StatusNotFound},
		"run out":            {time.Second, 0, 2100 * time.Millisecond, http.StatusUnauthorized},
		"ahead":              {0, 30 * time.Second, 0, http.StatusNotFound},
		"too far ahead":      {0, 2 * time.Minute, 0, http.StatusUnauthorized},
		"behind and run out": {time.Minute, -2 * time.Minute, 0, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens := NewTokenServer(t, grant)
			tokens.Lifetime, tokens.Skew = tt.lifetime, tt.skew
			registry := NewRegistry(t, RegistryOptions{Token: tokens})
			token, err := tokens.token("writer", tokens.access("writer", []string{"repository:app:pull"}))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(tt.wait)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, registry.URL+"/v2/app/manifests/none", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != tt.status {
				t.Errorf("status %d, want %d", response.StatusCode, tt.status)
			}
		})
	}
}
