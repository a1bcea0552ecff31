package facts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/plan"
)

// TestTree is a run whose own commit is checked out in the workspace, and a
// stranger's in pr. DIR is the workspace.
func TestTree(t *testing.T) {
	t.Parallel()
	const own, unknown = "the run's own commit", "none that can be read"
	const clone = "clone -q file://DIR pr\n-C pr commit -q --allow-empty --message=evil\n"
	cases := map[string]struct {
		git   string   // commands, one per line, in the workspace
		links []string // NAME=TARGET, one after the other
		build []string // context and Dockerfile, below the workspace
		want  string   // own, unknown, or the directory of the checkout that is neither
		path  string   // the one of build that is not the run's own
	}{
		"the run's own":                       {build: []string{".", "Dockerfile"}, want: own},
		"a subdirectory":                      {build: []string{"sub", "sub/dir/file"}, want: own},
		"at a branch with packed refs":        {git: "gc -q", build: []string{".", "Dockerfile"}, want: own},
		"detached":                            {git: "checkout -q --detach", build: []string{".", "Dockerfile"}, want: own},
		"a worktree":                          {git: "worktree add -q --detach tree", build: []string{"tree", "tree/Dockerfile"}, want: own},
		"another checkout of the same commit": {git: "clone -q --depth=1 file://DIR again", build: []string{"again", "again/Dockerfile"}, want: own},
		"beside a stranger's":                 {git: clone, build: []string{".", "Dockerfile"}, want: own},
		"a stranger's context":                {git: clone, build: []string{"pr", "Dockerfile"}, want: "pr", path: "pr"},
		"a stranger's subdirectory":           {git: clone, build: []string{"pr/sub/dir", "Dockerfile"}, want: "pr", path: "pr/sub/dir"},
		"a stranger's Dockerfile":             {git: clone, build: []string{".", "pr/Dockerfile"}, want: "pr", path: "pr/Dockerfile"},
		"a stranger's worktree":               {git: clone + "-C pr worktree add -q --detach ../tree", build: []string{".", "tree/Dockerfile"}, want: "tree", path: "tree/Dockerfile"},
		"a stranger's, shallow":               {git: clone + "clone -q --depth=1 file://DIR/pr shallow", build: []string{"shallow"}, want: "shallow", path: "shallow"},
		"fetched and checked out":             {git: clone + "fetch -q DIR/pr main\ncheckout -q FETCH_HEAD", build: []string{".", "Dockerfile"}, want: ".", path: "."},
		"a merge of it":                       {git: clone + "fetch -q DIR/pr main\nmerge -q --no-ff FETCH_HEAD --message=merge", build: []string{".", "Dockerfile"}, want: ".", path: "."},
		"a link to a stranger's context":      {git: clone, links: []string{"link=pr"}, build: []string{"link", "Dockerfile"}, want: "pr", path: "link"},
		"a link to a stranger's Dockerfile":   {git: clone, links: []string{"Linked=pr/Dockerfile"}, build: []string{".", "Linked"}, want: "pr", path: "Linked"},
		// BuildKit, which has pr alone, takes the link for pr/sub/dir/file.
		"a stranger's link out": {git: clone, links: []string{"pr/Linked=../sub/dir/file"}, build: []string{".", "pr/Linked"}, want: "pr", path: "pr/Linked"},
		"a submodule":           {git: clone + "submodule --quiet add DIR/pr inner", build: []string{".", "inner/Dockerfile"}, want: "inner", path: "inner/Dockerfile"},
		"no commit yet":         {git: "init -q new", build: []string{"new", "Dockerfile"}, want: unknown, path: "new"},
		"another format":        {git: "init -q --object-format=sha256 new\n-C new commit -q --allow-empty --message=one", build: []string{"new"}, want: unknown, path: "new"},
		"nothing there":         {build: []string{".", "absent/Dockerfile"}, want: unknown, path: "absent/Dockerfile"},
		"a link to nothing":     {links: []string{"broken=absent"}, build: []string{".", "broken"}, want: unknown, path: "broken"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			dir, sha := newCheckout(t)
			for command := range strings.Lines(c.git) {
				runGit(t, dir, strings.Fields(strings.ReplaceAll(command, "DIR", dir))...)
			}
			for _, link := range c.links {
				name, target, _ := strings.Cut(link, "=")
				if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			s := newSource(t, map[string]string{"GITHUB_SHA": sha})
			for _, path := range c.build {
				s.Build = append(s.Build, filepath.Join(dir, path))
			}
			want := plan.Tree{Own: c.want == own}
			if !want.Own {
				want.Path = filepath.Join(dir, c.path)
			}
			if c.want != own && c.want != unknown {
				want.Head = runGit(t, filepath.Join(dir, c.want), "rev-parse", "HEAD")
			}
			got, err := Load(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Tree); diff != "" {
				t.Errorf("Load: tree (-want +got):\n%s", diff)
			}
		})
	}
}

// What a run does not say, or nobody has checked out, is nobody's own.
func TestTreeOfNobodyKnowsWhat(t *testing.T) {
	t.Parallel()
	dir, sha := newCheckout(t)
	bare, archive := t.TempDir(), t.TempDir()
	runGit(t, bare, "clone", "-q", "--bare", dir, "bare")
	write(t, filepath.Join(archive, "Dockerfile"), "FROM scratch\n")
	bare = filepath.Join(bare, "bare")
	cases := map[string]struct {
		sha   string
		build []string
		want  plan.Tree
	}{
		"no commit of the run":   {"", []string{dir}, plan.Tree{Path: dir, Head: sha}},
		"neither it nor another": {"", []string{archive}, plan.Tree{Path: archive}},
		"no paths":               {sha, nil, plan.Tree{}},
		"no Dockerfile":          {sha, []string{dir, ""}, plan.Tree{}},
		"no context":             {sha, []string{"", filepath.Join(dir, "Dockerfile")}, plan.Tree{}},
		"an archive":             {sha, []string{archive}, plan.Tree{Path: archive}},
		"a Dockerfile in one":    {sha, []string{dir, filepath.Join(archive, "Dockerfile")}, plan.Tree{Path: filepath.Join(archive, "Dockerfile")}},
		"a bare repository":      {sha, []string{bare}, plan.Tree{Path: bare}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, map[string]string{"GITHUB_SHA": c.sha})
			s.Build = c.build
			got, err := Load(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Tree); diff != "" {
				t.Errorf("Load: tree (-want +got):\n%s", diff)
			}
		})
	}
}
