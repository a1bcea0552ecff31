package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/testenv"
)

// list asks for a repository's tags: 404 where there is none, 401 for strangers.
func list(t *testing.T, transport http.RoundTripper, repo name.Repository) int {
	t.Helper()
	url := fmt.Sprintf("%s://%s/v2/%s/tags/list", repo.Scheme(), repo.RegistryStr(), repo.RepositoryStr())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestOpenLogsIn(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: user, Password: password, Repository: "team/*", Actions: []string{"pull", "push"}})
	cases := []struct {
		name      string
		options   testenv.RegistryOptions
		anonymous bool
		want      int
	}{
		{"open to everybody", testenv.RegistryOptions{}, true, http.StatusNotFound},
		{"open to everybody, with a login", testenv.RegistryOptions{}, false, http.StatusNotFound},
		{"htpasswd", testenv.RegistryOptions{Htpasswd: map[string]string{user: password}}, false, http.StatusNotFound},
		{"htpasswd without a login", testenv.RegistryOptions{Htpasswd: map[string]string{user: password}}, true, http.StatusUnauthorized},
		{"htpasswd with another password", testenv.RegistryOptions{Htpasswd: map[string]string{user: "other"}}, false, http.StatusUnauthorized},
		{"token", testenv.RegistryOptions{Token: tokens}, false, http.StatusNotFound},
		{"TLS", testenv.RegistryOptions{TLS: true}, true, http.StatusNotFound},
		{"TLS and htpasswd", testenv.RegistryOptions{TLS: true, Htpasswd: map[string]string{user: password}}, false, http.StatusNotFound},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, c.options)
			repo := newRepository(t, registry.Host+"/team/app")
			client := NewClient(login(repo), Situation{})
			if c.anonymous {
				client = NewClient(Credentials{}, Situation{})
			}
			if c.options.TLS {
				client.base = registry.Transport()
			}
			opened, err := client.Open(t.Context(), repo)
			if err != nil {
				t.Fatalf("Open(%s) = %v", repo, err)
			}
			if got := list(t, opened, repo); got != c.want {
				t.Errorf("listing the tags of %s: %d, want %d", repo, got, c.want)
			}
		})
	}
}

// TestOpenTriesAgain logs in to a registry that fails for a moment.
func TestOpenTriesAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		fails testenv.Answer
		times int32
		want  bool
	}{
		{"unavailable", testenv.Answer{Status: http.StatusServiceUnavailable}, 1, true},
		{"too many requests", testenv.Answer{Status: http.StatusTooManyRequests}, 2, true},
		{"a broken connection", testenv.Answer{Reset: true}, 1, true},
		{"unavailable for long", testenv.Answer{Status: http.StatusServiceUnavailable}, 1000, false},
		{"not found", testenv.Answer{Status: http.StatusNotFound}, 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tokens := testenv.NewTokenServer(t,
				testenv.Grant{User: user, Password: password, Repository: "team/*", Actions: []string{"pull", "push"}})
			var asked atomic.Int32
			proxy := testenv.NewProxy(t, tokens.Host, testenv.ProxyOptions{Fault: func(int, *http.Request) *testenv.Answer {
				if asked.Add(1) > c.times {
					return nil
				}
				return &c.fails
			}})
			tokens.Realm = proxy.Realm()
			repo := newRepository(t, testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens}).Host+"/team/app")
			client := NewClient(login(repo), Situation{})
			client.RetryPolicy.First = time.Millisecond
			_, err := client.Open(t.Context(), repo)
			if (err == nil) != c.want || asked.Load() > 4 {
				t.Errorf("Open = %v after %d requests for a token, want success = %t and at most 4", err, asked.Load(), c.want)
			}
			showsNoPassword(t, err)
		})
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		options testenv.RegistryOptions
		grants  []testenv.Grant
		stopped bool
		says    []string
		denied  bool
	}{
		{
			name:   "a token server that does not know the password",
			grants: []testenv.Grant{{User: user, Password: "other", Repository: "*", Actions: []string{"pull", "push"}}},
			says:   []string{"user name and token", "team/app", "inputs registry, username and token"},
			denied: true,
		},
		{
			name:   "a token server that does not know the user",
			grants: []testenv.Grant{{User: "somebody", Password: password, Repository: "*", Actions: []string{"pull"}}},
			says:   []string{"user name and token", "team/app", "inputs registry, username and token"},
			denied: true,
		},
		{
			name:    "a certificate by an unknown authority",
			options: testenv.RegistryOptions{TLS: true},
			says:    []string{"certificate", "authority"},
		},
		{
			name:    "nothing listens",
			stopped: true,
			says:    []string{"cannot be reached", "input registry", "refused"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.grants != nil {
				c.options.Token = testenv.NewTokenServer(t, c.grants...)
			}
			registry := testenv.NewRegistry(t, c.options)
			if c.stopped {
				registry.Stop()
			}
			repo := newRepository(t, registry.Host+"/team/app")
			_, err := NewClient(login(repo), Situation{}).Open(t.Context(), repo)
			var explained *Error
			if !errors.As(err, &explained) {
				t.Fatalf("Open(%s) = %v, want an *Error", repo, err)
			}
			if explained.Denied != c.denied {
				t.Errorf("Open(%s): Denied = %t, want %t: %v", repo, explained.Denied, c.denied, err)
			}
			for _, want := range append(c.says, registry.Host) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Open(%s) says %q, which does not hold %q", repo, err, want)
				}
			}
			if explained.Meaning == (Meaning{}) {
				t.Errorf("Open(%s) = %v, and nothing is said of what it means", repo, err)
			}
			showsNoPassword(t, err)
		})
	}
}

func TestOpenOfANameThatDoesNotExist(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, "registry.invalid/team/app")
	client := &Client{credentials: login(repo), base: &http.Transport{}} // past a proxy that this machine may have
	_, err := client.Open(t.Context(), repo)
	if err == nil || !strings.Contains(err.Error(), "there is no host registry.invalid\nwhat to do: correct the input registry") {
		t.Errorf("Open(%s) = %v, want that it cannot be reached", repo, err)
	}
	showsNoPassword(t, err)
}

// What a Dockerfile names is not corrected in an input.
func TestAdviceIsAboutWhereTheHostIsNamed(t *testing.T) {
	t.Parallel()
	for access, want := range map[Access]string{Pushing: "the input registry", Pulling: "FROM"} {
		for _, text := range []string{"dial tcp: lookup registry.invalid: no such host", "dial tcp 127.0.0.1:1: connect: connection refused", "tls: failed to verify certificate: x509: certificate signed by unknown authority"} {
			r := refused{access: access, repo: newRepository(t, "registry.invalid/team/app")}
			got := r.network(errors.New(text)).Do
			if !strings.Contains(got, want) || access == Pulling && strings.Contains(got, "the input registry,") {
				t.Errorf("after %q the advice is %q, want it to name %s", text, got, want)
			}
		}
	}
}
