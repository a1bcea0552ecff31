package build

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/session/auth"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTokenServerWithAnAuthorityOfItsOwn asks one for the tokens that BuildKit
// leaves to its client, which has them as from any other.
func TestTokenServerWithAnAuthorityOfItsOwn(t *testing.T) {
	t.Parallel()
	authority := testenv.NewAuthority(t, "ours")
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{Repository: "public/*", Actions: []string{"pull"}},
		testenv.Grant{User: "octocat", Password: "hunter2hunter2", Repository: "*", Actions: []string{"pull", "push"}})
	server := httptest.NewUnstartedServer(tokens)
	pair, err := tls.X509KeyPair(authority.Server("tokens"))
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
		authorities []byte
		want        string // of the error; empty: a token
	}{
		"a login":             {registry.Credentials{}.With(reg, "octocat", "hunter2hunter2"), authority.PEM, ""},
		"nobody":              {registry.Credentials{}, authority.PEM, ""},
		"a wrong login":       {registry.Credentials{}.With(reg, "octocat", "wrong"), authority.PEM, "failed to fetch oauth token"},
		"another's login":     {registry.Credentials{}.With(name.Registry{}, "octocat", "hunter2hunter2"), authority.PEM, ""},
		"no authority":        {registry.Credentials{}, nil, "x509"},
		"another authority":   {registry.Credentials{}, testenv.NewAuthority(t, "others").PEM, "x509"},
		"a damaged authority": {registry.Credentials{}, []byte("nothing"), "registry-ca"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, err := registry.NewTrustingClient(c.credentials, registry.Situation{}, c.authorities)
			var s *authServer
			if err == nil {
				s, err = newAuthServer(client, nil)
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

// What BuildKit says of a certificate is in its words alone.
func TestUntrusted(t *testing.T) {
	t.Parallel()
	b := &builder.Builder{Name: "buildkitd"}
	for text, want := range map[string]string{
		`failed to do request: Head "https://r.example.com:5000/v2/octo/app/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority`: "r.example.com:5000",
		`Post "https://r.example.com/v2/": x509: certificate signed by unknown authority (possibly because of x)`:                                                           "r.example.com",
		`Head "https://r.example.com/v2/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid`:                                            "",
		`process "/bin/sh -c echo x509: certificate signed by unknown authority" did not complete`:                                                                          "",
		``: "",
	} {
		got := untrusted(text, b)
		if want == "" && got != "" || want != "" && !strings.Contains(got, "the authority of "+want+"; give it in the input registry-ca") {
			t.Errorf("untrusted(%q) = %q, want advice for %q", text, got, want)
		}
	}
}
