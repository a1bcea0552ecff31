package facts

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestProject comes from the event, and from the API only where the event does
// not say; an API that is down is no error.
func TestProject(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(empty, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	fromEvent := plan.Project{DefaultBranch: "main", Description: "Says hello to the world", License: "MIT", Visibility: packages.Public}
	for name, c := range map[string]struct {
		event  string
		answer http.HandlerFunc
		asked  int
		want   plan.Project
	}{
		"the event says":     {filepath.Join("testdata", "events", "push_branch.json"), answers(http.StatusOK, `{}`), 0, fromEvent},
		"the API says":       {empty, answers(http.StatusOK, `{"default_branch":"develop","description":"Hi","license":{"spdx_id":"Apache-2.0"},"private":true,"visibility":"internal","owner":{"type":"Organization"}}`), 1, plan.Project{DefaultBranch: "develop", Description: "Hi", License: "Apache-2.0", Visibility: packages.Internal, Owner: packages.Organization}},
		"an unknown license": {empty, answers(http.StatusOK, `{"default_branch":"main","license":{"spdx_id":"NOASSERTION"}}`), 1, plan.Project{DefaultBranch: "main"}},
		"the API is down":    {empty, answers(http.StatusBadGateway, `<html>`), 1, plan.Project{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newServer(t, c.answer)
			got, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_EVENT_PATH": c.event, "GITHUB_API_URL": api.URL}))
			if err != nil || got.Project != c.want {
				t.Errorf("Load: project %+v, error %v, want %+v", got.Project, err, c.want)
			}
			asked := 0
			for _, r := range api.asked() {
				if r.URL.Path == "/repos/Octo-Org/Hello-World" {
					asked++
				}
			}
			if asked != c.asked {
				t.Errorf("the API was asked %d times for the repository, want %d", asked, c.asked)
			}
		})
	}
}

// TestTagsOfEveryPage reads on until there is no next page.
func TestTagsOfEveryPage(t *testing.T) {
	t.Parallel()
	var api *server
	api = newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/repos/Octo-Org/Hello-World/tags" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if r.URL.Query().Get("page") != "2" {
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=2>; rel="next"`, api.URL, r.URL.Path))
			_, _ = w.Write([]byte(`[{"name":"v2.0.0"},{"name":"v1.9.3"}]`))
			return
		}
		_, _ = w.Write([]byte(`[{"name":"v1.9.2"}]`))
	})
	source := newSource(t, map[string]string{"GITHUB_API_URL": api.URL})
	tags, err := source.Tags(t.Context(), plan.Facts{Actions: true, Repository: "Octo-Org/Hello-World"})
	if err != nil || strings.Join(tags, " ") != "v2.0.0 v1.9.3 v1.9.2" {
		t.Errorf("Tags = %q, %v, want those of both pages", tags, err)
	}
	if _, err := source.Tags(t.Context(), plan.Facts{Actions: true, Repository: "Octo-Org/Other"}); err == nil || !strings.Contains(err.Error(), "Octo-Org/Other") {
		t.Errorf("Tags of a repository that is not there = %v, want an error that names it", err)
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{"ahead": true, "identical": true, "behind": false, "diverged": false} {
		api := newServer(t, answers(http.StatusOK, `{"status":"`+status+`"}`))
		source := newSource(t, map[string]string{"GITHUB_API_URL": api.URL})
		got, err := source.Contains(t.Context(), plan.Facts{Actions: true, Repository: "Octo-Org/Hello-World"}, headSHA, pullSHA)
		if err != nil || got != want {
			t.Errorf("%s: Contains = %v, %v, want %v", status, got, err, want)
		}
		if path := api.asked()[0].URL.Path; path != "/repos/Octo-Org/Hello-World/compare/"+pullSHA+"..."+headSHA {
			t.Errorf("the API was asked for %s", path)
		}
	}
	api := newServer(t, answers(http.StatusNotFound, `{}`))
	source := newSource(t, map[string]string{"GITHUB_API_URL": api.URL})
	if _, err := source.Contains(t.Context(), plan.Facts{Actions: true, Repository: "Octo-Org/Hello-World"}, headSHA, pullSHA); err == nil {
		t.Error("Contains with a commit that nobody knows: no error")
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	const found = `{"ref":"refs/heads/a b/c","object":{"sha":"` + headSHA + `","type":"commit"}}`
	cases := map[string]struct {
		answer http.HandlerFunc
		ref    string
		path   string // that is asked for
		want   string
		fails  bool
	}{
		"a branch":       {answers(http.StatusOK, found), "refs/heads/a b/c", "heads/a b/c", headSHA, false},
		"a pull request": {answers(http.StatusOK, found), "refs/pull/12/head", "pull/12/head", headSHA, false},
		"deleted":        {answers(http.StatusNotFound, `{"message":"Not Found"}`), "refs/heads/gone", "heads/gone", "", false},
		"refused":        {answers(http.StatusForbidden, `{"message":"Resource not accessible by integration"}`), "refs/heads/main", "heads/main", "", true},
		"broken":         {answers(http.StatusOK, `<html>`), "refs/heads/main", "heads/main", "", true},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			api := newServer(t, c.answer)
			source := newSource(t, map[string]string{"GITHUB_API_URL": api.URL})
			got, err := source.Head(t.Context(), plan.Facts{Actions: true, Repository: "Octo-Org/Hello-World"}, c.ref)
			if got != c.want || (err != nil) != c.fails {
				t.Errorf("Head(%s) = %q, %v, want %q", c.ref, got, err, c.want)
			}
			if path := api.asked()[0].URL.Path; path != "/repos/Octo-Org/Hello-World/git/ref/"+c.path {
				t.Errorf("the API was asked for %s", path)
			}
		})
	}
	if _, err := newSource(t, nil).Head(t.Context(), plan.Facts{Repository: "Octo-Org/Hello-World"}, "refs/heads/main"); err == nil {
		t.Error("outside Actions GitHub was asked")
	}
}
