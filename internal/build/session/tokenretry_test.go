package session

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/session/auth"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTokenServerFailsTransiently has the token server that BuildKit's login goes
// through fail: BuildKit asks for it once.
func TestTokenServerFailsTransiently(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{Repository: "public/*", Actions: []string{"pull"}},
		testenv.Grant{User: "octocat", Password: "hunter2hunter2", Repository: "*", Actions: []string{"pull", "push"}})
	reg, err := name.NewRegistry("127.0.0.1:5000")
	if err != nil {
		t.Fatal(err)
	}
	for title, c := range map[string]struct {
		answer testenv.Answer
		times  int
		want   int // requests
		says   string
	}{
		"too many":    {testenv.Answer{Status: 429, Header: http.Header{"Retry-After": {"1"}}}, 1, 2, ""},
		"unavailable": {testenv.Answer{Status: 503}, 1, 2, ""},
		"reset":       {testenv.Answer{Reset: true}, 1, 2, ""},
		"lost":        {testenv.Answer{Lose: true}, 1, 2, ""},
		"cut off":     {testenv.Answer{Pass: true, Truncate: 5}, 1, 2, ""},
		"for good":    {testenv.Answer{Status: 503}, 100, 4, "after 4 attempts: "},
		"denied":      {*testenv.Denied("denied"), 100, 1, "failed to fetch"},
	} {
		for login, credentials := range map[string]registry.Credentials{"nobody": {}, "octocat": registry.Credentials{}.With(reg, "octocat", "hunter2hunter2")} {
			t.Run(title+" for "+login, func(t *testing.T) {
				t.Parallel()
				proxy := testenv.NewProxy(t, tokens.Host, testenv.ProxyOptions{Fault: testenv.Faults(testenv.Fault{Count: c.times, Answer: c.answer})})
				client := registry.NewClient(credentials, registry.Situation{})
				client.RetryPolicy.First = 10 * time.Millisecond
				s, err := NewServer(client, nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.FetchToken(t.Context(), &auth.FetchTokenRequest{
					Host: reg.RegistryStr(), Realm: proxy.Realm(), Service: "slipway-test-registry", Scopes: []string{"repository:public/app:pull"},
				})
				if c.says == "" && (err != nil || got.Token == "") || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
					t.Errorf("FetchToken = %v, want %q", err, c.says)
				}
				if n := proxy.Count(""); n != c.want {
					t.Errorf("%d requests, want %d", n, c.want)
				}
			})
		}
	}
}
