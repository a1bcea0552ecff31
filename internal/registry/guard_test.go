package registry

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		registry string
		insecure bool
	}{
		{"asked for", "registry.example.com", true},
		{"asked for with a port", "registry.example.com:5000", true},
		{"on a private address", "10.1.2.3:5000", false},
		{"a name like loopback", "127.0.0.1.example.com:5000", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var opt []name.Option
			if c.insecure {
				opt = append(opt, name.Insecure)
			}
			repo := newRepository(t, c.registry+"/team/app", opt...)
			seen := &record{}
			web := httptest.NewServer(seen.handler(http.NotFoundHandler()))
			t.Cleanup(web.Close)
			client := &Client{credentials: login(repo), base: dialAlways(web.Listener.Addr().String())}

			_, err := client.Open(t.Context(), repo)
			if err == nil || !strings.Contains(err.Error(), c.registry+" speaks plain HTTP, which is used for loopback addresses only\nwhat to do: serve it over https") {
				t.Errorf("Open(%s) = %v, want an error that names the registry and https", repo, err)
			}
			if requests := seen.all(); len(requests) > 0 {
				t.Errorf("Open(%s) sent %v over plain http", repo, requests)
			}
		})
	}
}

// TestGuardAlone hands the guard what go-containerregistry should never send.
func TestGuardAlone(t *testing.T) {
	t.Parallel()
	const (
		basic  = "Basic b2N0b2NhdDpodW50ZXIy"
		lower  = "basic b2N0b2NhdDpodW50ZXIy"
		bearer = "Bearer e30.e30.sig"
	)
	cases := []struct {
		name, host, url, authorization string
		want                           string // what arrives; "refused" when nothing may
	}{
		{"token to the registry", "registry.test", "https://registry.test/v2/", bearer, bearer},
		{"token to the registry's default port", "registry.test", "https://registry.test:443/v2/", bearer, bearer},
		{"token to the registry in capitals", "registry.test", "https://REGISTRY.test/v2/", bearer, bearer},
		{"token to another port", "registry.test", "https://registry.test:8443/v2/", bearer, ""},
		{"token to another site", "registry.test", "https://evil.test/v2/", bearer, ""},
		{"token to a subdomain", "registry.test", "https://evil.registry.test/v2/", bearer, ""},
		{"token to the site's token server", "registry.example.com", "https://auth.example.com/", bearer, ""},
		{"unknown scheme to another site", "registry.test", "https://evil.test/v2/", "Digest username=octocat", ""},
		{"password to the registry", "registry.test", "https://registry.test/v2/", basic, basic},
		{"password to its token server", "registry.example.com", "https://auth.example.com/token", basic, basic},
		{"password to another site", "registry.test", "https://evil.test/token", basic, "refused"},
		{"password to another site, scheme in small letters", "registry.test", "https://evil.test/token", lower, "refused"},
		{"password over plain http", "registry.test", "http://registry.test/token", basic, "refused"},
		{"nothing over plain http", "registry.test", "http://registry.test/v2/", "", "refused"},
		{"nothing to another site", "registry.test", "https://blobs.test/", "", ""},
		{"password between loopback addresses", "127.0.0.1:5000", "http://localhost:5001/token", basic, basic},
		{"token between loopback addresses", "127.0.0.1:5000", "http://localhost:5001/token", bearer, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seen := &record{}
			net := newNetwork(t, seen.handler(http.NotFoundHandler()))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", c.authorization)
			resp, err := (&guard{host: c.host, next: net}).RoundTrip(req)
			if err == nil {
				resp.Body.Close()
			}
			if got := req.Header.Get("Authorization"); got != c.authorization {
				t.Errorf("the guard changed its caller's header to %q", got)
			}
			requests := seen.all()
			if c.want == "refused" {
				if err == nil || len(requests) > 0 {
					t.Errorf("GET %s: error %v, sent %v, want a refusal", c.url, err, requests)
				}
				return
			}
			if err != nil || len(requests) != 1 || requests[0].authorization != c.want {
				t.Errorf("GET %s: error %v, sent %v, want the Authorization %q", c.url, err, requests, c.want)
			}
		})
	}
}

// TestGuardSendsTheBodyAgain: go-containerregistry sends a request a second time
// when its token has run out. A real transport would hide it where it happens to
// find the connection closed.
func TestGuardSendsTheBodyAgain(t *testing.T) {
	t.Parallel()
	var bodies []string
	next := roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://registry.test/v2/app/manifests/latest", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		resp, err := (&guard{host: "registry.test", next: next}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if !slices.Equal(bodies, []string{"{}", "{}"}) {
		t.Errorf("the registry got the bodies %q, want the same twice", bodies)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
