package facts

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

// What GitHub answers, as its documentation has it
// (https://docs.github.com/en/rest/packages/packages#get-a-package-for-an-organization).
const (
	orgPackage = `{"id":197,"name":"tools/hello","package_type":"container","owner":{"login":"Octo-Org","id":9919,"type":"Organization"},"version_count":1,"visibility":"private",
		"url":"https://api.github.com/orgs/octo-org/packages/container/tools%2Fhello","created_at":"2019-11-05T18:36:29Z","updated_at":"2026-01-05T18:36:29Z",
		"repository":{"id":216219492,"name":"Hello-World","full_name":"Octo-Org/Hello-World","private":true},
		"html_url":"https://github.com/orgs/octo-org/packages/container/package/tools%2Fhello"}`
	userPackage = `{"id":40201,"name":"a/b","package_type":"container","owner":{"login":"octocat","id":209477,"type":"User"},"version_count":3,"visibility":"public",
		"url":"https://api.github.com/users/octocat/packages/container/a%2Fb","created_at":"2020-05-19T22:19:11Z","updated_at":"2020-05-19T22:19:11Z",
		"html_url":"https://github.com/users/octocat/packages/container/package/a%2Fb"}`
	noAccess = `{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com/rest/packages/packages#get-a-package-for-an-organization","status":"403"}`
	limited  = `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`
)

// packagesAPI answers at exact addresses, which it tells apart by how they are
// escaped, and 404 at all others.
func packagesAPI(t *testing.T, at map[string]http.HandlerFunc) *server {
	t.Helper()
	return newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if handler, ok := at[r.URL.EscapedPath()]; ok {
			handler(w, r)
			return
		}
		answers(http.StatusNotFound, `{"message":"Package not found."}`)(w, r)
	})
}

// TestPackage asks each of the two services with a name that holds a slash: an
// address that is escaped twice, or not at all, is another one.
func TestPackage(t *testing.T) {
	t.Parallel()
	ofOrg := visible.Package{Found: true, Visibility: packages.Private, URL: "https://github.com/orgs/octo-org/packages/container/package/tools%2Fhello", Repository: "Octo-Org/Hello-World", Owner: packages.Organization}
	ofUser := visible.Package{Found: true, Visibility: packages.Public, URL: "https://github.com/users/octocat/packages/container/package/a%2Fb", Owner: packages.User}
	for title, c := range map[string]struct {
		owner  packages.Owner // as the event has it
		path   string
		at     map[string]http.HandlerFunc
		want   visible.Package
		denied bool
		asked  int
	}{
		"of the repository's organization": {
			packages.Organization, "octo-org/tools/hello",
			map[string]http.HandlerFunc{"/orgs/octo-org/packages/container/tools%2Fhello": answers(http.StatusOK, orgPackage)},
			ofOrg, false, 1,
		},
		"of another user": {
			packages.Organization, "octocat/a/b",
			map[string]http.HandlerFunc{
				"/users/octocat": answers(http.StatusOK, `{"login":"octocat","type":"User"}`),
				"/users/octocat/packages/container/a%2Fb": answers(http.StatusOK, userPackage),
			},
			ofUser, false, 2,
		},
		"of an owner whose kind the event does not say": {
			packages.SomeOwner, "octo-org/tools/hello",
			map[string]http.HandlerFunc{
				"/users/octo-org": answers(http.StatusOK, `{"login":"Octo-Org","type":"Organization"}`),
				"/orgs/octo-org/packages/container/tools%2Fhello": answers(http.StatusOK, orgPackage),
			},
			ofOrg, false, 2,
		},
		"not there yet": {packages.Organization, "octo-org/tools/hello", nil, visible.Package{Owner: packages.Organization}, false, 1},
		"may not look": {
			packages.Organization, "octo-org/tools/hello",
			map[string]http.HandlerFunc{"/orgs/octo-org/packages/container/tools%2Fhello": answers(http.StatusForbidden, noAccess)},
			visible.Package{Owner: packages.Organization},
			true, 1,
		},
		"a token that is none": {
			packages.User, "octo-org/app",
			map[string]http.HandlerFunc{"/users/octo-org/packages/container/app": answers(http.StatusUnauthorized, `{"message":"Bad credentials"}`)},
			visible.Package{Owner: packages.User},
			true, 1,
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			api := packagesAPI(t, c.at)
			source := newSource(t, map[string]string{"GITHUB_API_URL": api.URL})
			source.Token = apiToken
			got, err := source.Package(t.Context(), plan.Facts{Actions: true, Repository: "Octo-Org/Hello-World", Project: plan.Project{Owner: c.owner}}, c.path)
			if got != c.want || errors.Is(err, visible.ErrPackageDenied) != c.denied || (err != nil) != c.denied {
				t.Errorf("Package(%s) = %+v, %v, want %+v, denied %v", c.path, got, err, c.want, c.denied)
			}
			asked := api.asked()
			if len(asked) != c.asked {
				t.Errorf("the API was asked %d times, want %d", len(asked), c.asked)
			}
			for _, r := range asked {
				if r.Header.Get("Authorization") != "Bearer "+apiToken {
					t.Errorf("%s was asked with %q", r.URL, r.Header.Get("Authorization"))
				}
			}
		})
	}
}

// A server that is down or counts requests has said nothing of the token.
func TestPackageThatIsNotKnown(t *testing.T) {
	t.Parallel()
	const path = "/orgs/octo-org/packages/container/app"
	for title, handler := range map[string]http.HandlerFunc{
		"down":    answers(http.StatusBadGateway, `<html>`),
		"limited": answers(http.StatusForbidden, limited),
		"no JSON": answers(http.StatusOK, `<html>`),
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			api := packagesAPI(t, map[string]http.HandlerFunc{path: handler})
			source := newSource(t, map[string]string{"GITHUB_API_URL": api.URL})
			got, err := source.Package(t.Context(), plan.Facts{Actions: true, Repository: "octo-org/app", Project: plan.Project{Owner: packages.Organization}}, "octo-org/app")
			if err == nil || errors.Is(err, visible.ErrPackageDenied) || got.Found {
				t.Errorf("Package = %+v, %v, want an error that is no refusal", got, err)
			}
		})
	}
	if _, err := newSource(t, nil).Package(t.Context(), plan.Facts{Repository: "octo-org/app"}, "octo-org/app"); err == nil {
		t.Error("Package outside Actions: no error")
	}
}

// TestVisibilityOfTheRepository comes with the event.
func TestVisibilityOfTheRepository(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]plan.Project{
		`"visibility":"internal","private":true,"owner":{"type":"Organization"}`: {Visibility: packages.Internal, Owner: packages.Organization},
		`"private":true,"owner":{"type":"User"}`:                                 {Visibility: packages.Private, Owner: packages.User},
		`"private":false`:                                                        {Visibility: packages.Public},
		`"description":"world"`:                                                  {Description: "world"},
	} {
		event := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(event, []byte(`{"repository":{"default_branch":"main",`+body+`}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		want.DefaultBranch = "main"
		got, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_EVENT_PATH": event}))
		if err != nil || got.Project != want {
			t.Errorf("%s: Load: project %+v, error %v, want %+v", body, got.Project, err, want)
		}
	}
}

func TestPageHasNothingButAnAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://github.com/orgs/o/packages/container/package/a%2Fb": "https://github.com/orgs/o/packages/container/package/a%2Fb",
		"https://x:y@github.com/a?b=<c>#d":                           "https://github.com/a",
		"https://github.com/a b<c>|":                                 "https://github.com/a%20b%3Cc%3E%7C",
		"javascript:alert(1)":                                        "",
		"":                                                           "",
		"https://github.com/\n::error::":                             "",
	} {
		if got := page(address); got != want {
			t.Errorf("page(%q) = %q, want %q", address, got, want)
		}
	}
}
