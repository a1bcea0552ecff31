package facts

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/plan"
)

// laptop is a person at a terminal in a directory.
func laptop(dir string) Source {
	return Source{Lookup: func(string) (string, bool) { return "", false }, Dir: dir}
}

func TestCheckoutTellsRefAndCommit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		git  string // commands, one per line; DIR is the checkout
		at   string // what is loaded, below it
		ref  string
	}{
		{"a branch", "", "", "refs/heads/main"},
		{"a branch with a slash", "checkout -q -b feature/Foo_Bar", "", "refs/heads/feature/Foo_Bar"},
		{"a branch with a tag", "tag v1.2.3", "", "refs/heads/main"},
		{"a tag", "tag v1.0.0 HEAD~1\ntag v1.2.3\ncheckout -q --detach v1.2.3", "", "refs/tags/v1.2.3"},
		{"an annotated tag", "tag -a -m old v1.0.0 HEAD~1\ntag -a -m new v1.2.3\ncheckout -q v1.2.3", "", "refs/tags/v1.2.3"},
		{"no tag at a detached head", "tag v1.0.0 HEAD~1\ntag -a -m old v1.0.1 HEAD~1\ncheckout -q --detach", "", ""},
		{"packed refs", "pack-refs --all\ngc -q --aggressive --prune=now", "", "refs/heads/main"},
		{"packed refs at a tag", "tag v1.2.3\ncheckout -q v1.2.3\npack-refs --all\ngc -q", "", "refs/tags/v1.2.3"},
		{"packed refs at an annotated tag", "tag -a -m new v1.2.3\ncheckout -q v1.2.3\npack-refs --all\ngc -q", "", "refs/tags/v1.2.3"},
		{"a worktree", "worktree add -q -b elsewhere tree", "tree", "refs/heads/elsewhere"},
		{"a worktree at a packed tag", "tag v1.2.3\ngc -q\nworktree add -q --detach tree v1.2.3", "tree", "refs/tags/v1.2.3"},
		{"a subdirectory", "", "sub/dir", "refs/heads/main"},
		{"a shallow clone", "clone -q --depth=1 file://DIR clone", "clone", "refs/heads/main"},
		{"a clone that borrows its objects", "clone -q --shared DIR clone", "clone", "refs/heads/main"},
		{"a partial clone", "config uploadpack.allowFilter true\nclone -q --filter=blob:none file://DIR clone", "clone", "refs/heads/main"},
		{"a sparse checkout", "sparse-checkout set sub", "", "refs/heads/main"},
		{"a sparse worktree", "worktree add -q -b elsewhere tree\n-C tree sparse-checkout set sub", "tree", "refs/heads/elsewhere"},
		{"a submodule", "init -q outer\n-C outer submodule --quiet add DIR inner", "outer/inner", "refs/heads/main"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, sha := newCheckout(t)
			for command := range strings.Lines(c.git) {
				runGit(t, dir, strings.Fields(strings.ReplaceAll(command, "DIR", dir))...)
			}
			got, err := Load(t.Context(), laptop(filepath.Join(dir, c.at)))
			if err != nil {
				t.Fatalf("Load = %v", err)
			}
			got.ServerURL, got.Repository = "", "" // of a clone, tested below
			want := plan.Facts{Ref: c.ref, Commit: plan.Commit{SHA: sha, Time: committed}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckoutBehindALink(t *testing.T) {
	t.Parallel()
	dir, sha := newCheckout(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	got, err := Load(t.Context(), laptop(link))
	if err != nil || got.Ref != "refs/heads/main" || got.Commit.SHA != sha {
		t.Errorf("Load = %+v, %v, want main at %s", got, err, sha)
	}
}

//nolint:paralleltest // it changes the working directory
func TestCheckoutAroundTheWorkingDirectory(t *testing.T) {
	dir, sha := newCheckout(t)
	t.Chdir(filepath.Join(dir, "sub", "dir"))
	got, err := Load(t.Context(), laptop("."))
	if err != nil || got.Ref != "refs/heads/main" || got.Commit.SHA != sha {
		t.Errorf("Load = %+v, %v, want main at %s", got, err, sha)
	}
}

func TestWhatIsNoCheckoutHasNoFacts(t *testing.T) {
	t.Parallel()
	empty, unborn, refused, orphan := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	runGit(t, unborn, "init", "-q")
	write(t, filepath.Join(refused, ".git", "HEAD"), "")
	write(t, filepath.Join(orphan, ".git"), "gitdir: /nowhere/.git/worktrees/tree\n")
	cases := []struct{ name, dir string }{
		{"an empty directory", empty},
		{"a directory that is not there", filepath.Join(empty, "absent")},
		{"a checkout without a commit", unborn},
		{"a directory that git does not accept", refused},
		{"a worktree whose repository is gone", orphan},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Load(t.Context(), laptop(c.dir))
			if err != nil || got != (plan.Facts{}) {
				t.Errorf("Load = %+v, %v, want no facts and no error", got, err)
			}
		})
	}
}

// TestCheckoutOfAnotherUser is a container action's workspace: git itself would
// refuse to read it.
func TestCheckoutOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can give a checkout to another user")
	}
	dir, sha := newCheckout(t)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 12345, 12345)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Load(t.Context(), laptop(dir))
	if err != nil || got.Ref != "refs/heads/main" || got.Commit.SHA != sha || !got.Commit.Time.Equal(committed) {
		t.Errorf("Load = %+v, %v, want main at %s", got, err, sha)
	}
}

// TestCheckoutWithoutItsCommit is one that git has not fetched whole: the name of
// the commit is known, and its time is not.
func TestCheckoutWithoutItsCommit(t *testing.T) {
	t.Parallel()
	dir, sha := newCheckout(t)
	if err := os.Remove(filepath.Join(dir, ".git", "objects", sha[:2], sha[2:])); err != nil {
		t.Fatal(err)
	}
	got, err := Load(t.Context(), laptop(dir))
	want := plan.Facts{Ref: "refs/heads/main", Commit: plan.Commit{SHA: sha}}
	if err != nil || got != want {
		t.Errorf("Load = %+v, %v, want %+v", got, err, want)
	}
}

func TestCheckoutThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	broken, _ := newCheckout(t)
	write(t, filepath.Join(broken, ".git", "config"), "[core\n")
	other, _ := newCheckout(t)
	runGit(t, other, "config", "core.repositoryFormatVersion", "1")
	runGit(t, other, "config", "extensions.objectFormat", "sha256")
	for what, dir := range map[string]string{"a broken configuration": broken, "objects of another format": other} {
		got, err := Load(t.Context(), laptop(dir))
		if err == nil || !strings.Contains(err.Error(), dir) || got != (plan.Facts{}) {
			t.Errorf("%s: Load = %+v, %v, want an error that names %s", what, got, err, dir)
		}
	}
}
