package facts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/plan"
)

// byAnybody is a run of an event that anybody causes.
func byAnybody(t *testing.T, sha string) Source {
	t.Helper()
	event := filepath.Join(t.TempDir(), "event.json")
	write(t, event, `{"repository": {"default_branch": "main"}, "issue": {"number": 7, "pull_request": {}}}`)
	return newSource(t, map[string]string{"GITHUB_EVENT_NAME": "issue_comment", "GITHUB_EVENT_PATH": event, "GITHUB_SHA": sha})
}

// build does to a checkout what commands say, one on a line: git's, and
//
//	write PATH TEXT     with \n and \r\n in it
//	link PATH TARGET
//	remove PATH
//	copy FROM TO        directories, with all that is in them
//
// DIR is the workspace, SHA the commit that is checked out in it.
func build(t *testing.T, dir, sha, commands string) {
	t.Helper()
	unescape := strings.NewReplacer("DIR", dir, "SHA", sha, `\n`, "\n", `\r`, "\r")
	for command := range strings.Lines(commands) {
		args := strings.SplitN(strings.TrimSpace(command), " ", 3)
		at := func(i int) string { return filepath.Join(dir, args[i]) }
		var err error
		switch args[0] {
		case "write":
			write(t, at(1), unescape.Replace(args[2]))
		case "link":
			err = os.Symlink(unescape.Replace(args[2]), at(1))
		case "remove":
			err = os.RemoveAll(at(1))
		case "copy":
			err = os.CopyFS(at(2), os.DirFS(at(1)))
		default:
			runGit(t, dir, strings.Fields(unescape.Replace(command))...)
		}
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
}

const (
	fork   = "clone -q file://DIR pr\nwrite pr/Dockerfile FROM evil\n-C pr commit -q -a --message=evil\n"
	asItIs = "write .gitattributes * -text\n"
	// scratchSum is the SHA-256 of "FROM scratch\n".
	scratchSum = "bb57c7da220a8753d7bdabac0d3afdb6efa742e4c736c5bc93ab40dfd5e23b9b"
)

// TestProvenTree is a run that anybody can have caused. Nothing is taken on the
// word of a file that a stranger may have written.
func TestProvenTree(t *testing.T) {
	t.Parallel()
	template, first := newCheckout(t)
	cases := map[string]struct {
		commands string
		commit   bool     // what the commands have added, as the run's own commit
		then     string   // commands after that
		build    []string // context and Dockerfile
		why      string   // why it is not the repository's; empty where it is
		head     string   // checkout at whose commit it is
	}{
		"the run's own":                {build: []string{".", "Dockerfile"}},
		"a subdirectory":               {build: []string{"sub/dir", "Dockerfile"}},
		"packed":                       {then: "gc -q", build: []string{"sub", "Dockerfile"}},
		"detached":                     {then: "checkout -q --detach", build: []string{"sub", "Dockerfile"}},
		"shallow":                      {then: "clone -q --depth=1 file://DIR a/b", build: []string{"a/b", "a/b/Dockerfile"}},
		"a partial clone":              {then: "config uploadpack.allowFilter true\nclone -q --filter=blob:none file://DIR a", build: []string{"a/sub", "a/Dockerfile"}},
		"one without trees":            {then: "config uploadpack.allowFilter true\nclone -q --depth=1 --filter=tree:0 file://DIR a", build: []string{"a/sub", "a/Dockerfile"}},
		"a sparse checkout":            {then: "sparse-checkout set sub", build: []string{"sub/dir", "Dockerfile"}},
		"a worktree":                   {then: "worktree add -q --detach tree", build: []string{"tree", "tree/Dockerfile"}},
		"borrowed objects":             {then: "clone -q --shared DIR again", build: []string{"again", "again/Dockerfile"}},
		"generated files in it":        {then: "write dist/app binary\nwrite sub/dir/file changed", build: []string{".", "Dockerfile"}},
		"a file that was removed":      {then: "remove sub/dir", build: []string{"sub", "Dockerfile"}},
		"in another, as it was":        {then: "clone -q file://DIR again", build: []string{"again", "again/Dockerfile"}},
		"in another, with links":       {commands: "link sub/link dir/file", commit: true, then: "clone -q file://DIR again", build: []string{"again/sub", "Dockerfile"}},
		"in another, with a file":      {then: "clone -q file://DIR again\nwrite again/new x", build: []string{"again", "Dockerfile"}, why: "again/new is not in the commit"},
		"in another, changed":          {then: "clone -q file://DIR again\nwrite again/sub/dir/file evil", build: []string{"again", "Dockerfile"}, why: "again/sub/dir/file is not what the commit"},
		"in another, changed to a dir": {then: "clone -q file://DIR again\nremove again/Dockerfile\nwrite again/Dockerfile/x evil", build: []string{"again", "Dockerfile"}, why: "again/Dockerfile"},
		"in another, changed to a link": {
			then: "clone -q file://DIR again\nremove again/sub/dir/file\nlink again/sub/dir/file ../../Dockerfile", build: []string{"again", "Dockerfile"}, why: "again/sub/dir/file is not what",
		},

		// Directories that the commit does not have.
		"an artifact":                     {then: "write pr/Dockerfile FROM evil", build: []string{"pr", "Dockerfile"}, why: "has no directory pr"},
		"an artifact's Dockerfile":        {then: "write pr/Dockerfile FROM evil", build: []string{".", "pr/Dockerfile"}, why: "has no directory pr"},
		"one deeper":                      {then: "write sub/pr/x FROM evil", build: []string{"sub/pr", "Dockerfile"}, why: "has no directory sub/pr"},
		"one in place of a file":          {then: "remove Dockerfile\nwrite Dockerfile/Dockerfile FROM evil", build: []string{"Dockerfile", "Dockerfile/Dockerfile"}, why: "has no directory Dockerfile"},
		"a link to one":                   {then: "write pr/Dockerfile FROM evil\nremove sub\nlink sub pr", build: []string{"sub", "Dockerfile"}, why: "has no directory pr"},
		"a link out":                      {then: "link out /usr/share", build: []string{"out", "Dockerfile"}, why: "none"},
		"in the repository itself":        {build: []string{".git/refs", "Dockerfile"}, why: "has no directory .git/refs"},
		"a submodule that is not fetched": {commands: fork + "submodule --quiet add DIR/pr inner", commit: true, then: "submodule --quiet deinit -f inner", build: []string{"inner", "Dockerfile"}, why: "has no directory inner"},

		// Dockerfiles that are not the commit's.
		"a Dockerfile that was made":    {then: "write Generated FROM evil", build: []string{".", "Generated"}, why: "has no file"},
		"one that was changed":          {then: "write Dockerfile FROM evil", build: []string{".", "Dockerfile"}, why: "Dockerfile is not what the commit"},
		"one that was staged":           {then: "write Dockerfile FROM evil\nadd .", build: []string{".", "Dockerfile"}, why: "Dockerfile is not what the commit"},
		"one replaced by a link":        {then: "remove Dockerfile\nlink Dockerfile sub/dir/file", build: []string{".", "Dockerfile"}, why: "Dockerfile is not what the commit"},
		"a link to what was made":       {then: "link Linked sub/dir/file", build: []string{".", "Linked"}, why: "has no file"},
		"a link of the commit":          {commands: "link Linked sub/dir/file", commit: true, build: []string{".", "Linked"}},
		"a link of the commit, changed": {commands: "link Linked sub/dir/file", commit: true, then: "write sub/dir/file FROM evil", build: []string{".", "Linked"}, why: "sub/dir/file is not what the commit"},
		"a link of the commit, out":     {commands: "write a/x y\nlink a/Linked ../Dockerfile", commit: true, build: []string{".", "a/Linked"}, why: "leads out of its directory"},
		"a link of the commit, from /":  {commands: "link Linked DIR/Dockerfile", commit: true, build: []string{".", "Linked"}, why: "leads out of its directory"},
		"a link through a directory":    {commands: "link at sub/dir\nlink Linked at/../../Dockerfile", commit: true, build: []string{".", "Linked"}, why: "leads out of its directory"},
		"a directory that is a link":    {commands: "link at sub/dir\nlink Linked at/file", commit: true, build: []string{".", "Linked"}, why: "there is a link on the way"},

		// What git makes of a file when it checks it out.
		"other line ends":            {then: `write Dockerfile FROM scratch\r\n`, build: []string{".", "Dockerfile"}},
		"other line ends, by git":    {commands: "write .gitattributes Dockerfile eol=crlf", commit: true, then: "remove Dockerfile\ncheckout -q Dockerfile", build: []string{".", "Dockerfile"}},
		"line ends of the commit":    {commands: asItIs + `write Dockerfile FROM scratch\r\nUSER 1\n`, commit: true, then: `write Dockerfile FROM scratch\nUSER 1\r\n`, build: []string{".", "Dockerfile"}},
		"the name of the blob":       {commands: `write .gitattributes Dockerfile ident` + "\n" + `write Dockerfile # $Id$\nFROM scratch\n`, commit: true, then: "remove Dockerfile\ncheckout -q Dockerfile", build: []string{".", "Dockerfile"}},
		"another name of it":         {commands: `write Dockerfile # $Id$\nFROM scratch\n`, commit: true, then: `write Dockerfile # $Id: \nRUN evil #$\nFROM scratch\n`, build: []string{".", "Dockerfile"}, why: "is not what the commit"},
		"substitution of an archive": {commands: `write .gitattributes Dockerfile export-subst` + "\n" + `write Dockerfile # $Format:%H$\nFROM scratch\n`, commit: true, build: []string{".", "Dockerfile"}},
		"large file storage":         {commands: `write Dockerfile version https://git-lfs.github.com/spec/v1\noid sha256:` + scratchSum + `\nsize 13\n`, commit: true, then: `write Dockerfile FROM scratch\n`, build: []string{".", "Dockerfile"}},
		"another large file":         {commands: `write Dockerfile version https://git-lfs.github.com/spec/v1\noid sha256:` + scratchSum + `\nsize 13\n`, commit: true, then: `write Dockerfile FROM scratcH\n`, build: []string{".", "Dockerfile"}, why: "is not what the commit"},

		// Submodules are of the commit that the checkout around them records.
		"a submodule":                 {commands: fork + "submodule --quiet add DIR/pr inner", commit: true, build: []string{"inner/sub", "inner/Dockerfile"}},
		"a submodule with its .git":   {commands: fork + "clone -q DIR/pr inner\nadd inner", commit: true, build: []string{"inner", "inner/Dockerfile"}},
		"a submodule, changed":        {commands: fork + "submodule --quiet add DIR/pr inner", commit: true, then: "write inner/Dockerfile FROM worse", build: []string{"inner", "inner/Dockerfile"}, why: "inner/Dockerfile is not what the commit"},
		"a submodule, elsewhere":      {commands: fork + "submodule --quiet add DIR/pr inner", commit: true, then: "-C inner commit -q --allow-empty --message=worse", build: []string{"inner"}, why: "GitHub did not tell", head: "inner"},
		"a submodule, only added":     {then: fork + "submodule --quiet add DIR/pr inner", build: []string{"inner"}, why: "GitHub did not tell", head: "inner"},
		"a submodule of a stranger's": {then: fork + "-C pr submodule --quiet add DIR/pr inner\n-C pr commit -q --message=two", build: []string{"pr/inner"}, why: "GitHub did not tell", head: "pr/inner"},

		// Repositories that are forged.
		"another commit":               {then: fork, build: []string{"pr"}, why: "GitHub did not tell whether it is this repository's", head: "pr"},
		"three files":                  {then: "write pr/Dockerfile FROM evil\nwrite pr/.git/HEAD SHA\\n\nwrite pr/.git/config [core]\nwrite pr/.git/objects/x y", build: []string{"pr", "pr/Dockerfile"}, why: "lacks the commit"},
		"three files and more":         {then: "write pr/Dockerfile FROM evil\nwrite pr/.git/HEAD ref: refs/heads/main\nwrite pr/.git/refs/heads/main SHA\\n\nwrite pr/.git/config [core]\nwrite pr/.git/objects/x y", build: []string{"pr", "pr/Dockerfile"}, why: "lacks the commit"},
		"a file that names ours":       {then: "write pr/Dockerfile FROM scratch\\n\nwrite pr/.git gitdir: DIR/.git", build: []string{"pr", "pr/Dockerfile"}, why: "does not know of"},
		"one that names it from there": {then: "write pr/sub/dir/file evil\nwrite pr/.git gitdir: ../.git", build: []string{"pr", "Dockerfile"}, why: "does not know of"},
		"one that names a worktree's":  {then: "worktree add -q --detach tree\nwrite pr/.git gitdir: ../.git/worktrees/tree", build: []string{"pr", "Dockerfile"}, why: "does not know of"},
		"one that names a submodule's": {commands: fork + "submodule --quiet add DIR/pr inner", commit: true, then: "write evil/.git gitdir: ../.git/modules/inner", build: []string{"evil", "Dockerfile"}, why: "does not know of"},
		"a worktree of its own making": {then: "write pr/.git gitdir: fake\nwrite pr/fake/HEAD SHA\\n\nwrite pr/fake/commondir ../../.git\nwrite pr/fake/gitdir DIR/pr/.git", build: []string{"pr", "Dockerfile"}, why: "does not know of"},
		"a submodule of its making":    {then: "write pr/x evil\nwrite pr/.git gitdir: fake\nwrite pr/fake/HEAD SHA\\n\nwrite pr/fake/commondir ../../.git\nwrite pr/fake/objects/x y\nwrite pr/fake/config.worktree [core]", build: []string{"pr", "Dockerfile"}, why: "does not know of"},
		"a link to ours":               {then: "write pr/x evil\nlink pr/.git ../.git", build: []string{"pr", "Dockerfile"}, why: "pr/.git is neither a directory nor a file"},
		"a common directory":           {then: "write pr/x evil\nwrite pr/.git/HEAD SHA\\n\nwrite pr/.git/commondir ../../.git\nwrite pr/.git/objects/x y", build: []string{"pr", "Dockerfile"}, why: "has its objects from another"},
		"objects that are borrowed":    {then: "write pr/x evil\nwrite pr/.git/HEAD SHA\\n\nwrite pr/.git/config [core]\nwrite pr/.git/objects/info/alternates DIR/.git/objects\\n", build: []string{"pr", "Dockerfile"}, why: "pr/x is not in the commit"},
		"a copy of ours":               {then: "copy .git copied\nwrite pr/sub/evil x\ncopy copied pr/.git", build: []string{"pr", "Dockerfile"}, why: "pr/sub/evil is not in the commit"},
		"a copy of ours, below":        {then: "copy .git copied\nwrite pr/sub/evil x\ncopy copied pr/.git", build: []string{"pr/sub", "Dockerfile"}, why: "pr/sub/evil is not in the commit"},
		"a head that is none":          {then: "write .git/HEAD 0123456789abcdef0123456789abcdef01234567\\n", build: []string{"."}, why: "GitHub did not tell", head: "."},
		"replaced objects":             {then: "write evil FROM evil\nhash-object -w evil\nwrite Dockerfile FROM evil\n-c core.hooksPath=x commit -q -a --message=evil\nreplace SHA HEAD\nupdate-ref --no-deref HEAD SHA", build: []string{".", "Dockerfile"}, why: "Dockerfile is not what the commit"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			dir, sha := t.TempDir(), first
			if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
				t.Fatal(err)
			}
			build(t, dir, sha, c.commands)
			if c.commit {
				build(t, dir, sha, "add .\ncommit -q --message=three")
				sha = runGit(t, dir, "rev-parse", "HEAD")
			}
			build(t, dir, sha, c.then)
			s := byAnybody(t, sha)
			for _, path := range c.build {
				s.Build = append(s.Build, filepath.Join(dir, path))
			}
			f, err := Load(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			got := f.Tree
			if got.Own != (c.why == "") || c.why != "none" && !strings.Contains(got.Why, c.why) {
				t.Errorf("Load: tree %+v, want why %q", got, c.why)
			}
			want := ""
			if c.head != "" {
				want = runGit(t, filepath.Join(dir, c.head), "rev-parse", "HEAD")
			}
			if diff := cmp.Diff(want, got.Head); diff != "" {
				t.Errorf("Load: head of the tree, -want +got:\n%s", diff)
			}
		})
	}
}

// What a run does not say, or nobody has checked out, is nobody's own.
func TestProvenTreeOfNobodyKnowsWhat(t *testing.T) {
	t.Parallel()
	dir, sha := newCheckout(t)
	archive := t.TempDir()
	write(t, filepath.Join(archive, "Dockerfile"), "FROM scratch\n")
	for title, c := range map[string]struct {
		build []string
		want  plan.Tree
	}{
		"no paths":              {nil, plan.Tree{}},
		"no Dockerfile":         {[]string{dir, ""}, plan.Tree{}},
		"an archive":            {[]string{archive}, plan.Tree{Path: archive}},
		"a Dockerfile in one":   {[]string{dir, filepath.Join(archive, "Dockerfile")}, plan.Tree{Path: filepath.Join(archive, "Dockerfile")}},
		"nothing there":         {[]string{filepath.Join(dir, "absent")}, plan.Tree{Path: filepath.Join(dir, "absent")}},
		"the checkout":          {[]string{dir, filepath.Join(dir, "Dockerfile")}, plan.Tree{Own: true}},
		"one and no Dockerfile": {[]string{dir, filepath.Join(dir, "absent")}, plan.Tree{Path: filepath.Join(dir, "absent")}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := byAnybody(t, sha)
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
