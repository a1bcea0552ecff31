package session

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/session/auth"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTokenServerWithACAOfItsOwn asks one for the tokens that BuildKit
// leaves to its client, which has them as from any other.
func TestTokenServerWithACAOfItsOwn(t *testing.T) {
	t.Parallel()
	ca := testenv.NewCA(t, "ours")
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{Repository: "public/*", Actions: []string{"pull"}},
		testenv.Grant{User: "octocat", Password: "hunter2hunter2", Repository: "*", Actions: []string{"pull", "push"}})
	server := httptest.NewUnstartedServer(tokens)
	pair, err := tls.X509KeyPair(ca.Server("tokens"))
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)

	reg, err := name.NewRegistry("127.0.0.1:5000")
	if err != nil {
		t.Fatal(err)
	}
	for title, c := range map[string]struct {
		credentials registry.Credentials
		ca          []byte
		want        string // of the error; empty: a token
	}{
		"a login":             {registry.Credentials{}.With(reg, "octocat", "hunter2hunter2"), ca.PEM, ""},
		"nobody":              {registry.Credentials{}, ca.PEM, ""},
		"a wrong login":       {registry.Credentials{}.With(reg, "octocat", "wrong"), ca.PEM, "failed to fetch oauth token"},
		"another's login":     {registry.Credentials{}.With(name.Registry{}, "octocat", "hunter2hunter2"), ca.PEM, ""},
		"no authority":        {registry.Credentials{}, nil, "x509"},
		"another authority":   {registry.Credentials{}, testenv.NewCA(t, "others").PEM, "x509"},
		"a damaged authority": {registry.Credentials{}, []byte("nothing"), "registry-ca"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, err := registry.NewTrustingClient(c.credentials, registry.Situation{}, c.ca)
			var s *Server
			if err == nil {
				s, err = NewServer(client, nil)
			}
			var token string
			if err == nil {
				var got *auth.FetchTokenResponse
				got, err = s.FetchToken(t.Context(), &auth.FetchTokenRequest{
					Host: reg.RegistryStr(), Realm: server.URL + "/token", Service: "slipway-test-registry", Scopes: []string{"repository:public/app:pull"},
				})
				if err == nil {
					token = got.Token
				}
			}
			if c.want == "" && (err != nil || token == "") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("FetchToken = %v, want %q", err, c.want)
			}
		})
	}
	for _, request := range tokens.Requests() {
		if request.User != "" && request.User != "octocat" {
			t.Errorf("%+v", request)
		}
	}
}
