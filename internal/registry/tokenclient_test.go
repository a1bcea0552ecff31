package registry

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestTokenClientKeepsTheForm has a token server of the registry's own send on
// those who ask it with a form, which has the password in it: Go's client sends a
// form again at 307 and 308.
func TestTokenClientKeepsTheForm(t *testing.T) {
	t.Parallel()
	form := url.Values{"grant_type": {"password"}, "username": {user}, "password": {password}}.Encode()
	for to, allowed := range map[string]bool{
		"https://" + evilHost:                   false,
		"http://" + evilHost:                    false,
		"http://" + goodHost:                    false,
		"https://" + goodHost + "@" + evilHost:  false,
		"https://login.example.com":             true,
		"https://" + goodHost:                   true,
		"https://auth.example.com.evil.test":    false,
		"https://auth.example.com:8443":         true,
		"//" + evilHost:                         false,
		"https://auth.example.com%2eevil.test/": false,
	} {
		for _, status := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
			t.Run(http.StatusText(status)+" "+to, func(t *testing.T) {
				t.Parallel()
				var reached []string
				next := roundTripper(func(r *http.Request) (*http.Response, error) {
					reached = append(reached, r.URL.Host)
					if len(reached) > 1 {
						return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
					}
					return &http.Response{StatusCode: status, Header: http.Header{"Location": {to + "/token"}}, Body: http.NoBody, Request: r}, nil
				})
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://auth.example.com/token", strings.NewReader(form))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := (&Client{base: next}).TokenClient(goodHost).Do(req)
				if err == nil {
					resp.Body.Close()
				}
				if (len(reached) > 1) != allowed || (err == nil) != allowed {
					t.Errorf("the form reached %v, error %v, want it to go on: %v", reached, err, allowed)
				}
				showsNoPassword(t, err)
			})
		}
	}
}

// TestTokenClientEnds has a token server that sends its clients round.
func TestTokenClientEnds(t *testing.T) {
	t.Parallel()
	asked := 0
	next := roundTripper(func(r *http.Request) (*http.Response, error) {
		asked++
		return &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"/token"}}, Body: http.NoBody, Request: r}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://auth.example.com/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&Client{base: next}).TokenClient(goodHost).Do(req)
	if err == nil {
		resp.Body.Close()
	}
	if err == nil || asked > mostRedirects+1 {
		t.Errorf("asked %d times, error %v, want at most %d and an error", asked, err, mostRedirects+1)
	}
}

// TestRegistryThatSendsRound has registries that send their clients back to where
// they came from, in plain http as those behind a proxy do that does not tell them
// of https.
func TestRegistryThatSendsRound(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"http://" + goodHost, "https://" + goodHost} {
		asked := &record{}
		transport := newSites(t, map[string]http.Handler{goodHost: asksFor(`Basic realm="x"`, asked.handler(http.RedirectHandler(to+"/v2/team/app/manifests/latest", http.StatusFound)).ServeHTTP)})
		repo := newRepository(t, goodHost+"/team/app")
		opened, err := (&Client{credentials: login(repo), base: transport}).Open(t.Context(), repo)
		if err != nil {
			t.Fatal(err)
		}
		_, err = remote.Get(repo.Tag("latest"), remote.WithTransport(opened), remote.WithContext(t.Context()))
		if err == nil || !strings.Contains(err.Error(), "on and on") {
			t.Errorf("%s: %v, want that it sends its clients on and on", to, err)
		}
		if n := len(asked.all()); n > mostRedirects+1 {
			t.Errorf("%s: %d requests", to, n)
		}
	}
}
