package facts

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/plan"
)

// githubAnswers answers of a repository what each of the three questions gets. One that
// has no answer is not found.
type githubAnswers struct{ branches, compare, tags string }

func (g githubAnswers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, body := r.URL.Path, ""
	const here = "/repos/Octo-Org/Hello-World/"
	switch {
	case strings.HasPrefix(path, here+"commits/") && strings.HasSuffix(path, "/branches-where-head"):
		body = g.branches
	case strings.HasPrefix(path, here+"compare/main..."):
		body = g.compare
	case path == here+"tags":
		body = g.tags
	}
	if body == "" {
		w.WriteHeader(http.StatusNotFound)
		body = `{"message":"Not Found"}`
	}
	_, _ = w.Write([]byte(body))
}

// TestOwnCommit is a checkout of a commit that is not the run's. GitHub knows the
// commits of forks, too; only one that is in this repository is its own.
func TestOwnCommit(t *testing.T) {
	t.Parallel()
	const none = `[]`
	status := func(s string) string { return fmt.Sprintf(`{"status":%q}`, s) }
	for title, c := range map[string]struct {
		github githubAnswers
		why    string // empty where it is the repository's
		asked  int
	}{
		"the head of a branch":    {githubAnswers{branches: `[{"name":"main","commit":{"sha":"SHA"}}]`}, "", 1},
		"in the default branch":   {githubAnswers{none, status("behind"), none}, "", 2},
		"at it":                   {githubAnswers{none, status("identical"), none}, "", 2},
		"before it":               {githubAnswers{none, status("ahead"), none}, "it is not in the default branch main, and is the head of no branch and no tag of Octo-Org/Hello-World", 3},
		"beside it":               {githubAnswers{none, status("diverged"), none}, "it is not in the default branch main", 3},
		"no status":               {githubAnswers{none, `{}`, none}, "it is not in the default branch main", 3},
		"a tag":                   {githubAnswers{none, status("diverged"), `[{"name":"v1","commit":{"sha":"` + headSHA + `"}},{"name":"v2","commit":{"sha":"SHA"}}]`}, "", 3},
		"another's tag":           {githubAnswers{none, status("diverged"), `[{"name":"SHA","commit":{"sha":"` + headSHA + `"}},{"name":"v2"}]`}, "it is not in the default", 3},
		"branches are not known":  {githubAnswers{"", status("behind"), none}, "", 2},
		"the default is not":      {githubAnswers{none, "", `[{"commit":{"sha":"SHA"}}]`}, "", 3},
		"one question unanswered": {githubAnswers{none, status("diverged"), ""}, "GitHub did not tell whether it is this repository's: asking GitHub for the tags of Octo-Org/Hello-World: ", 3},
		"nothing is answered":     {githubAnswers{}, "GitHub did not tell", 3},
		"rubbish":                 {githubAnswers{branches: "<html>"}, "GitHub did not tell", 1},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			dir, sha := newCheckout(t)
			c.github.branches = strings.ReplaceAll(c.github.branches, "SHA", sha)
			c.github.tags = strings.ReplaceAll(c.github.tags, "SHA", sha)
			api := newServer(t, c.github.ServeHTTP)
			s := byAnybody(t, headSHA)
			vars := s.Lookup
			s.Lookup = func(name string) (string, bool) {
				if name == "GITHUB_API_URL" {
					return api.URL, true
				}
				return vars(name)
			}
			s.Token, s.Build = apiToken, []string{dir, filepath.Join(dir, "Dockerfile")}
			got := mustLoad(t, s).Tree
			if got.Own != (c.why == "") || !strings.Contains(got.Why, c.why) || c.why != "" && got.Head != sha {
				t.Errorf("tree %+v, want why %q", got, c.why)
			}
			asked := 0
			for _, r := range api.asked() {
				if strings.Contains(r.URL.Path, "/git/commits/") {
					continue // for its time
				}
				asked++
				if r.Header.Get("Authorization") != "Bearer "+apiToken {
					t.Errorf("%s is asked for without the token", r.URL)
				}
			}
			if asked != c.asked {
				t.Errorf("GitHub was asked %d times, want %d for both paths together", asked, c.asked)
			}
			s.Offline = true
			if got := mustLoad(t, s).Tree; got.Own || !strings.Contains(got.Why, "GitHub was not asked") {
				t.Errorf("offline, tree %+v", got)
			}
		})
	}
}

// A run that only writers start asks nobody, and neither does one whose commit is
// the run's own, or is said to be by the event.
func TestOwnCommitThatNobodyIsAskedFor(t *testing.T) {
	t.Parallel()
	dir, sha := newCheckout(t)
	event := filepath.Join(t.TempDir(), "event.json")
	write(t, event, fmt.Sprintf(`{"repository": {"default_branch": "main"}, "head_commit": {"id": %q, "timestamp": %q},
		"workflow_run": {"event": "push", "head_sha": %q, "head_repository": {"full_name": "octo-org/hello-world"}},
		"pull_request": {"number": 7, "head": {"sha": %q, "repo": {"full_name": "octo-org/hello-world"}}}}`, headSHA, committed.Format(time.RFC3339), sha, sha))
	for _, c := range []struct {
		event, sha string
		own        bool
	}{
		{"push", headSHA, false},
		{"issue_comment", sha, true},
		{"workflow_run", headSHA, true},
		{"pull_request_review", headSHA, true},
		{"pull_request_target", headSHA, false},
		{"pull_request", headSHA, false},
	} {
		api := newServer(t, answers(http.StatusOK, `{}`))
		s := newSource(t, map[string]string{"GITHUB_API_URL": api.URL, "GITHUB_EVENT_NAME": c.event, "GITHUB_EVENT_PATH": event, "GITHUB_SHA": c.sha})
		s.Dir, s.Build = dir, []string{dir, filepath.Join(dir, "Dockerfile")}
		f, err := Load(t.Context(), s)
		if err != nil || f.Tree.Own != c.own {
			t.Errorf("%s: Load: tree %+v, %v, want own %v", c.event, f.Tree, err, c.own)
		}
		if asked := api.asked(); len(asked) > 0 {
			t.Errorf("%s: GitHub was asked for %s", c.event, asked[0].URL)
		}
	}
}

func mustLoad(t *testing.T, s Source) plan.Facts {
	t.Helper()
	f, err := Load(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
