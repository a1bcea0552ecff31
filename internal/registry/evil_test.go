package registry

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	goodHost = "registry.example.com"
	evilHost = "registry.evil.test"
	token    = "e30.token-for-the-registry.sig"
)

// asksFor is a registry that wants a login, of either kind, before it lets next
// answer.
func asksFor(challenge string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" || r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next(w, r)
	})
}

func givesToken(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"token":%q}`, token) }

// TestRealmAtAnotherSiteGetsNoPassword is a registry that sends its clients to
// somebody else's token server.
func TestRealmAtAnotherSiteGetsNoPassword(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, challenge string }{
		{"another site", `Bearer realm="https://` + evilHost + `/token",service="x"`},
		{"another site as a user name", `Bearer realm="https://` + goodHost + `@` + evilHost + `/token",service="x"`},
		{"plain http", `Bearer realm="http://` + evilHost + `/token",service="x"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			evil := &record{}
			transport := newSites(t, map[string]http.Handler{
				goodHost: asksFor(c.challenge, http.NotFound),
				evilHost: evil.handler(http.HandlerFunc(givesToken)),
			})
			repo := newRepository(t, goodHost+"/team/app")
			_, err := (&Client{credentials: login(repo), base: transport}).Open(t.Context(), repo)
			if err == nil || !strings.Contains(err.Error(), goodHost) || !strings.Contains(err.Error(), "realm") {
				t.Errorf("Open = %v, want an error that names %s and its realm", err, goodHost)
			}
			showsNoPassword(t, err)
			if came := evil.authorizations(); len(came) > 0 {
				t.Errorf("%s got %q", evilHost, came)
			}
		})
	}
}

// TestTokenServerThatRedirectsPassesNoPasswordOn is a token server of the
// registry's own that sends its clients on.
func TestTokenServerThatRedirectsPassesNoPasswordOn(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect} {
		for _, to := range []string{"https://" + evilHost, "http://" + evilHost, "http://" + goodHost} {
			t.Run(fmt.Sprint(status, " ", to), func(t *testing.T) {
				t.Parallel()
				good, evil := &record{}, &record{}
				challenge := `Bearer realm="https://auth.example.com/token",service="x"`
				transport := newSites(t, map[string]http.Handler{
					goodHost:           good.handler(asksFor(challenge, http.NotFound)),
					"auth.example.com": good.handler(http.RedirectHandler(to+"/token", status)),
					evilHost:           evil.handler(http.HandlerFunc(givesToken)),
				})
				repo := newRepository(t, goodHost+"/team/app")
				_, err := (&Client{credentials: login(repo), base: transport}).Open(t.Context(), repo)
				showsNoPassword(t, err)
				if came := evil.authorizations(); len(came) > 0 {
					t.Errorf("%s got %q", evilHost, came)
				}
				if !slices.Equal(good.authorizations(), []string{"Basic " + encoded}) {
					t.Errorf("requests to the registry and its token server: %v, want the password once", good.all())
				}
			})
		}
	}
}

// TestRegistryThatSendsAwayPassesNoLoginOn is a registry that takes the login and
// then sends its client to another host, by a redirect or for an upload.
func TestRegistryThatSendsAwayPassesNoLoginOn(t *testing.T) {
	t.Parallel()
	challenges := map[string]string{
		"password": `Basic realm="x"`,
		"token":    `Bearer realm="https://` + goodHost + `/token",service="x"`,
	}
	elsewhere := map[string]string{
		"another site":    "https://" + evilHost + "/v2/",
		"another port":    "https://" + goodHost + ":8443/v2/",
		"a subdomain":     "https://evil." + goodHost + "/v2/",
		"the same domain": "https://evil.example.com/v2/",
		"loopback":        "http://127.0.0.1:80/v2/",
	}
	for kind, challenge := range challenges {
		for where, to := range elsewhere {
			t.Run(kind+" to "+where, func(t *testing.T) {
				t.Parallel()
				good, evil := &record{}, &record{}
				registry := asksFor(challenge, func(w http.ResponseWriter, r *http.Request) {
					status := http.StatusTemporaryRedirect
					if r.Method == http.MethodPost {
						status = http.StatusAccepted
					}
					w.Header().Set("Location", to)
					w.WriteHeader(status)
				})
				// It also asks those who were sent to it for a login.
				thief := evil.handler(asksFor(challenge, givesToken))
				transport := newNetwork(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.Host == goodHost && r.URL.Path == "/token":
						givesToken(w, r)
					case r.Host == goodHost:
						good.handler(registry).ServeHTTP(w, r)
					default:
						thief.ServeHTTP(w, r)
					}
				}))
				repo := newRepository(t, goodHost+"/team/app")
				opened, err := (&Client{credentials: login(repo), base: transport}).Open(t.Context(), repo)
				if err != nil {
					t.Fatal(err)
				}
				base := "https://" + goodHost + "/v2/team/app"
				ask(t, opened, http.MethodGet, base+"/manifests/latest")
				ask(t, opened, http.MethodPatch, ask(t, opened, http.MethodPost, base+"/blobs/uploads/"))
				if came := evil.authorizations(); len(came) > 0 {
					t.Errorf("%s got %q", to, came)
				}
				if len(evil.all()) == 0 || len(good.authorizations()) == 0 {
					t.Errorf("the test went wrong: %v at the registry, %v elsewhere", good.all(), evil.all())
				}
			})
		}
	}
}

// ask makes a request, follows redirects, and returns the answer's Location.
func ask(t *testing.T, transport http.RoundTripper, method, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Header.Get("Location")
}
