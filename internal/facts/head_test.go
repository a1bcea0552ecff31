package facts

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/plan"
)

const originOfRun = "https://github.com/octo-org/hello-world.git"

// TestCheckoutAroundTheContext is a workspace of the run's repository, two commits
// after v1.0.0, in which something else may be checked out. DIR is the workspace.
func TestCheckoutAroundTheContext(t *testing.T) {
	t.Parallel()
	const clone = "clone -q file://DIR other\n-C other remote set-url origin "
	cases := map[string]struct {
		git     string // commands, one per line, in the workspace
		context string // below the workspace
		want    string // the directory whose head it is; empty: nothing is known
		branch  string
	}{
		"a branch":                    {want: ".", branch: "main"},
		"a tag":                       {git: "checkout -q v1.0.0", want: "."},
		"a subdirectory":              {git: "checkout -q --detach", context: "sub/dir", want: "."},
		"by SSH":                      {git: "remote set-url origin git@github.com:Octo-Org/Hello-World.git", want: ".", branch: "main"},
		"with a credential":           {git: "remote set-url origin https://x:ghs_secret@github.com/Octo-Org/Hello-World", want: ".", branch: "main"},
		"of another repository":       {git: "remote set-url origin https://github.com/octo-org/other"},
		"of another server":           {git: "remote set-url origin https://git.example.com/octo-org/hello-world"},
		"of nobody":                   {git: "remote remove origin"},
		"beside":                      {git: clone + originOfRun + "\n-C other checkout -q v1.0.0", context: "other", want: "other"},
		"another's beside":            {git: clone + "https://github.com/stranger/hello-world", context: "other"},
		"a worktree":                  {git: "worktree add -q --detach tree v1.0.0", context: "tree", want: "tree"},
		"a shallow clone":             {git: "clone -q --depth=1 --branch=v1.0.0 file://DIR other\n-C other remote set-url origin " + originOfRun, context: "other", want: "other"},
		"a submodule":                 {git: "submodule --quiet add DIR/lib inner\ncommit -q -m inner", context: "inner", want: ".", branch: "main"},
		"a submodule of the same":     {git: "-C lib remote add origin " + originOfRun + "\nsubmodule --quiet add DIR/lib inner\n-C inner remote set-url origin " + originOfRun, context: "inner/sub", want: ".", branch: "main"},
		"a submodule's submodule":     {git: "-C lib submodule --quiet add DIR/lib deep\n-C lib commit -q -m deep\nsubmodule --quiet add DIR/lib inner\nsubmodule --quiet update --init --recursive", context: "inner/deep", want: ".", branch: "main"},
		"a worktree with a submodule": {git: "worktree add -q --detach tree v1.0.0\n-C tree submodule --quiet add DIR/lib lib", context: "tree/lib", want: "tree"},
		"a directory that is none":    {context: "absent"},
		"fetched by the builder":      {context: "-"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			dir := workspace(t)
			for command := range strings.Lines(c.git) {
				runGit(t, dir, strings.Fields(strings.ReplaceAll(command, "DIR", dir))...)
			}
			s := newSource(t, nil)
			if c.context != "-" {
				s.Context = filepath.Join(dir, c.context)
			}
			want := plan.Checkout{Branch: c.branch}
			if c.want != "" {
				want.Commit = plan.Commit{SHA: runGit(t, filepath.Join(dir, c.want), "rev-parse", "HEAD"), Time: committed}
			}
			got, err := Load(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Checkout); diff != "" {
				t.Errorf("Load: checkout (-want +got):\n%s", diff)
			}
			if got.Commit.SHA != headSHA || c.want != "" && !got.Commit.Time.IsZero() {
				t.Errorf("Load: the run's commit is %+v, want %s and no time that it does not need", got.Commit, headSHA)
			}
		})
	}
}

// workspace is a checkout of the run's repository with another repository in lib.
func workspace(t *testing.T) string {
	t.Helper()
	dir, _ := newCheckout(t)
	runGit(t, dir, "remote", "add", "origin", originOfRun)
	runGit(t, dir, "tag", "v1.0.0", "HEAD~1")
	runGit(t, dir, "init", "-q", "lib")
	write(t, filepath.Join(dir, "lib", "sub", "file"), "text\n")
	runGit(t, dir, "-C", "lib", "add", ".")
	runGit(t, dir, "-C", "lib", "commit", "-q", "-m", "one")
	return dir
}

// TestCheckoutOfAPullRequest tells its merge commit from others, also where the
// parents are not there.
func TestCheckoutOfAPullRequest(t *testing.T) {
	t.Parallel()
	dir := workspace(t)
	runGit(t, dir, "checkout", "-q", "-b", "topic", "v1.0.0")
	runGit(t, dir, "commit", "-q", "--allow-empty", "-m", "topic")
	head := runGit(t, dir, "rev-parse", "HEAD")
	runGit(t, dir, "commit", "-q", "--allow-empty", "-m", "after it")
	runGit(t, dir, "branch", "later")
	runGit(t, dir, "checkout", "-q", "-b", "merge", "main")
	runGit(t, dir, "merge", "-q", "--no-ff", "-m", "merge", head)
	for branch, merge := range map[string]bool{"merge": true, "topic": false, "later": false, "main": false} {
		clone := filepath.Join(t.TempDir(), "clone")
		runGit(t, dir, "clone", "-q", "--depth=1", "--branch="+branch, "file://"+dir, clone)
		runGit(t, clone, "remote", "set-url", "origin", originOfRun)
		event := filepath.Join(t.TempDir(), "event.json")
		write(t, event, `{"pull_request":{"number":12,"head":{"sha":"`+head+`"}}}`)
		s := newSource(t, map[string]string{"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": event})
		s.Context = clone
		got, err := Load(t.Context(), s)
		if err != nil || got.Checkout.Merge != merge || got.Checkout.Branch != branch {
			t.Errorf("%s: Load = %+v, %v, want a merge of the head: %v", branch, got.Checkout, err, merge)
		}
	}
}

// TestTimeOfACheckoutWithoutItsCommit is asked of GitHub, for that commit and not
// for the run's.
func TestTimeOfACheckoutWithoutItsCommit(t *testing.T) {
	t.Parallel()
	dir := workspace(t)
	sha := runGit(t, dir, "rev-parse", "HEAD")
	if err := os.Remove(filepath.Join(dir, ".git", "objects", sha[:2], sha[2:])); err != nil {
		t.Fatal(err)
	}
	api := newServer(t, answers(http.StatusOK, apiCommit))
	s := newSource(t, release(api.URL))
	s.Context = dir
	got, err := Load(t.Context(), s)
	want := plan.Checkout{Commit: plan.Commit{SHA: sha, Time: apiTime}, Branch: "main"}
	if err != nil || got.Checkout.SHA != sha || !got.Checkout.Time.Equal(apiTime) || !got.Commit.Time.Equal(time.Time{}) {
		t.Errorf("Load = %+v, %v, want %+v", got.Checkout, err, want)
	}
	if asked := api.asked(); len(asked) != 1 || !strings.HasSuffix(asked[0].URL.Path, "/git/commits/"+sha) {
		t.Errorf("the API was asked for %v, want the commit that is checked out", asked)
	}
}
