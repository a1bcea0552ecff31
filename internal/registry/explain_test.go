package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/testenv"
)

func TestExplainDoesItOnce(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, "ghcr.io/octocat/hello")
	client := NewClient(login(repo), Situation{})
	cause := recorded{method: http.MethodPost, path: uploads, status: 403, body: denial("permission_denied: write_package")}.cause(t)
	first := client.Explain(t.Context(), Pushing, "pushing", repo, cause)
	var words *transport.Error
	if !errors.As(first, &words) || words.StatusCode != http.StatusForbidden {
		t.Errorf("Explain does not unwrap to the registry's answer: %v", first)
	}
	wrapped := fmt.Errorf("publishing: %w", first)
	if got := client.Explain(t.Context(), Pushing, "moving a tag", repo, wrapped); !errors.Is(got, wrapped) || got.Error() != wrapped.Error() {
		t.Errorf("Explain of what is explained = %q, want it as it was: %q", got, wrapped)
	}
}

// The answer to HEAD has no body: the reason is asked for in another way, an
// upload for a push and the thing itself for a pull.
func TestExplainAsksAgainForAReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, asked, text string
		access            Access
	}{
		{"a push", "POST /v2/team/app/blobs/uploads/", "failed to push %[1]s/team/app: unexpected status from HEAD request to http://%[1]s/v2/team/app/blobs/sha256:e3b0: 403 Forbidden", Pushing},
		{"a pull", "GET /v2/team/app/manifests/1", "unexpected status from HEAD request to http://%[1]s/v2/team/app/manifests/1: 403 Forbidden", Pulling},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{
				Fault: func(_ int, r *http.Request) *testenv.Answer {
					if r.URL.Path == "/v2/" {
						return nil
					}
					return &testenv.Answer{Status: http.StatusForbidden, Body: denial("permission_denied: write_package")}
				},
			})
			repo := newRepository(t, proxy.Host+"/team/app")
			err := NewClient(login(repo), Situation{}).Explain(t.Context(), c.access, "pushing", repo, fmt.Errorf(c.text, proxy.Host))
			if !strings.Contains(err.Error(), "permission_denied: write_package") {
				t.Errorf("Explain = %v, want the reason", err)
			}
			last := proxy.Requests()[proxy.Count("")-1]
			if got := last.Method + " " + last.Path; got != c.asked {
				t.Errorf("asked for the reason by %s, want %s", got, c.asked)
			}
		})
	}
}

// A registry that takes too long to give a reason is no reason to explain nothing.
func TestExplainWithoutAReason(t *testing.T) {
	t.Parallel()
	proxy := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{
		Fault: func(_ int, r *http.Request) *testenv.Answer {
			if r.URL.Path == "/v2/" {
				return nil
			}
			return &testenv.Answer{Delay: time.Minute}
		},
	})
	repo := newRepository(t, proxy.Host+"/team/app")
	cause := fmt.Errorf("unexpected status from HEAD request to http://%s/v2/team/app/blobs/sha256:e3b0: 401 Unauthorized", proxy.Host)
	err := NewClient(login(repo), Situation{}).Explain(t.Context(), Pushing, "pushing", repo, cause)
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "does not accept the user name and token") {
		t.Errorf("Explain = %v, want what the status means", err)
	}
}

// A refusal without a reason is none of the login where that may begin an upload.
func TestExplainOfALoginThatMayPush(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{http.StatusAccepted: "does not say why, although it lets an upload to team/app begin", http.StatusForbidden: "does not accept the user name and token for team/app"} {
		proxy := testenv.NewProxy(t, "127.0.0.1:1", testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
			if r.Method == http.MethodPost {
				return &testenv.Answer{Status: status}
			}
			return &testenv.Answer{}
		}})
		repo := newRepository(t, proxy.Host+"/team/app")
		err := NewClient(login(repo), Situation{}).Explain(t.Context(), Pushing, "pushing", repo, fmt.Errorf("unexpected status from PUT request to http://%s/v2/team/app/manifests/sha256:e3b0: 403 Forbidden", proxy.Host))
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Explain where an upload is answered %d = %v, want %q", status, err, want)
		}
	}
}

// Of GitHub's packages its API is asked, of others nobody, and of nothing that is
// no refusal.
func TestExplainLooksThePackageUp(t *testing.T) {
	t.Parallel()
	asked := 0
	situation := octo()
	situation.Package = func(_ context.Context, owner, name string) Package {
		asked++
		if owner != "octo-org" || name != "tools/app" {
			t.Errorf("asked for %s and %s", owner, name)
		}
		return Package{Asked: true, Exists: true, Repository: "octo-org/old"}
	}
	denied := errors.New("denied: permission_denied: write_package")
	ghcr := newRepository(t, "ghcr.io/octo-org/tools/app")
	client := NewClient(login(ghcr), situation)
	if err := client.Explain(t.Context(), Pushing, "pushing", ghcr, denied); !strings.Contains(err.Error(), "octo-org/old") {
		t.Errorf("Explain = %v, want the repository that has the package", err)
	}
	_ = client.Explain(t.Context(), Pushing, "pushing", newRepository(t, "registry.example.com/a/b"), denied)
	_ = client.Explain(t.Context(), Pushing, "pushing", ghcr, errors.New("unknown blob"))
	if asked != 1 {
		t.Errorf("GitHub was asked %d times, want once", asked)
	}
}

// A registry can send anything as the reason.
func TestHostileWordsAreBoundedAndOneLine(t *testing.T) {
	t.Parallel()
	page := "<html>\n::set-output name=digest::evil\n" + strings.Repeat("x", 1<<20)
	repo := newRepository(t, "ghcr.io/octo-org/app")
	client := NewClient(login(repo), Situation{Server: packages.ServerAt("")})
	for name, err := range map[string]error{
		"a page":    recorded{method: http.MethodPost, path: uploads, status: 403, body: page[:60<<10]}.cause(t),
		"a message": recorded{method: http.MethodPost, path: uploads, status: 500, body: denial(strings.ReplaceAll(page[:50<<10], "\n", `\n`))}.cause(t),
	} {
		said := client.explain(t.Context(), Pushing, "pushing", repo, ReadRefusal(err), err).Error()
		if len(said) > 4<<10 || strings.Contains(said, "\n::") {
			t.Errorf("%s: Explain says %d bytes, starting with %.300q", name, len(said), said)
		}
	}
}
