package inputs_test

import (
	"os"
	"path/filepath"
	"testing"
)

func symlink(tb testing.TB, target, link string) {
	tb.Helper()
	if err := os.Symlink(target, link); err != nil {
		tb.Fatal(err)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "app/Dockerfile", "..app/Dockerfile", "a b/Dockerfile")
	symlink(t, "app", filepath.Join(dir, "link"))
	symlink(t, dir, filepath.Join(dir, "app", "back"))
	cases := map[string]struct{ value, want string }{
		"the workspace by default":         {"", "."},
		"the workspace, written out":       {".", "."},
		"a directory":                      {"app", "app"},
		"with ./ before and / after":       {"./app/", "app"},
		"a way that comes back":            {"app/../app", "app"},
		"an absolute path":                 {dir + "/app", "app"},
		"the workspace as absolute path":   {dir, "."},
		"a name that starts with two dots": {"..app", "..app"},
		"a name with a blank":              {" a b ", "a b"},
		"a link inside":                    {"link", "app"},
		"a link to the workspace":          {"app/back", "."},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"context": c.value})
			if want := filepath.Join(dir, c.want); err != nil || in.Context != want || in.Dockerfile != filepath.Join(want, "Dockerfile") {
				t.Errorf("Parse(context: %q) = %q with %q, %v, want %q with its Dockerfile", c.value, in.Context, in.Dockerfile, err, want)
			}
		})
	}
}

// The runner mounts the workspace, and on some machines that path holds a link.
func TestContextInALinkedWorkspace(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "app/Dockerfile")
	link := filepath.Join(t.TempDir(), "workspace")
	symlink(t, dir, link)
	for _, value := range []string{"app", link + "/app", dir + "/app"} {
		in, err := parse(link, vars{"context": value})
		if want := filepath.Join(dir, "app"); err != nil || in.Context != want {
			t.Errorf("Parse(context: %q) = %q, %v, want %q", value, in.Context, err, want)
		}
	}
}

// Nothing outside the workspace may be sent to a builder, whatever leads there.
func TestContextOutsideTheWorkspace(t *testing.T) {
	t.Parallel()
	parent := checkout(t, "workspace/Dockerfile", "workspace-two/Dockerfile", "workspace/file")
	dir := filepath.Join(parent, "workspace")
	symlink(t, parent, filepath.Join(dir, "up"))
	symlink(t, "../workspace-two", filepath.Join(dir, "aside"))
	symlink(t, "loop", filepath.Join(dir, "loop"))
	symlink(t, "absent", filepath.Join(dir, "dangling"))
	cases := map[string]struct{ value, says string }{
		"the parent":            {"..", "outside the workspace " + dir},
		"up and down":           {"../workspace-two", "outside the workspace " + dir},
		"the root":              {"/", "outside the workspace " + dir},
		"an absolute path":      {parent, "outside the workspace " + dir},
		"a link up":             {"up", parent + ", outside the workspace"},
		"a link to a neighbour": {"aside", filepath.Join(parent, "workspace-two") + ", outside the workspace"},
		"below a link":          {"up/workspace-two", "outside the workspace " + dir},
		"missing":               {"absent", "there is no " + filepath.Join(dir, "absent")},
		"missing, outside":      {"../absent", "there is no " + filepath.Join(parent, "absent")},
		"a link to nothing":     {"dangling", "there is no " + filepath.Join(dir, "dangling")},
		"a link to itself":      {"loop", "cannot be read"},
		"a file":                {"file", "is not a directory"},
		"below a file":          {"file/x", "cannot be read"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"context": c.value})
			wantMistake(t, err, "context", `"`+c.value+`"`, c.says, "a directory inside the workspace")
			if in.Context != "" || in.Dockerfile != "" {
				t.Errorf("Parse(context: %q) = %q with %q, want none", c.value, in.Context, in.Dockerfile)
			}
		})
	}
}

func TestWorkspaceMissing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "absent")
	_, err := parse(dir, nil)
	wantMistake(t, err, "context", "the workspace "+dir+" cannot be read")
	elsewhere := checkout(t)
	_, err = parse(dir, vars{"context": elsewhere})
	wantMistake(t, err, "context", "the workspace "+dir+" cannot be read")
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "app/Dockerfile", "docker/prod.Dockerfile", "lower/dockerfile", "both/dockerfile", "both/Dockerfile")
	outside := filepath.Join(checkout(t), "Dockerfile")
	symlink(t, "docker/prod.Dockerfile", filepath.Join(dir, "link"))
	cases := map[string]struct{ context, file, want string }{
		"the workspace's":                  {"", "", "Dockerfile"},
		"the context's":                    {"app", "", "app/Dockerfile"},
		"in small letters":                 {"lower", "", "lower/dockerfile"},
		"in small letters, as a file":      {"", "lower/Dockerfile", "lower/dockerfile"},
		"both":                             {"both", "", "both/Dockerfile"},
		"relative to the workspace":        {"app", "Dockerfile", "Dockerfile"},
		"outside the context":              {"app", "docker/prod.Dockerfile", "docker/prod.Dockerfile"},
		"with ./":                          {"", "./docker/prod.Dockerfile", "docker/prod.Dockerfile"},
		"an absolute path":                 {"", filepath.Join(dir, "app/Dockerfile"), "app/Dockerfile"},
		"a link":                           {"", "link", "link"},
		"up from the context, in the tree": {"app", "app/../docker/prod.Dockerfile", "docker/prod.Dockerfile"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"context": c.context, "file": c.file})
			if want := filepath.Join(dir, c.want); err != nil || in.Dockerfile != want {
				t.Errorf("Parse(context: %q, file: %q) = %q, %v, want %q", c.context, c.file, in.Dockerfile, err, want)
			}
		})
	}
	in, err := parse(dir, vars{"file": outside})
	if err != nil || in.Dockerfile != outside {
		t.Errorf("Parse(file: %q) = %q, %v, want the path as it is", outside, in.Dockerfile, err)
	}
}

// A link out of the directory would be a Dockerfile that is not there for BuildKit.
func TestDockerfileThatLeaves(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "app/main.go", "docker/prod.Dockerfile", "app/docker/Dockerfile")
	for link, to := range map[string]string{
		"app/Dockerfile": "../docker/prod.Dockerfile", "app/through": "Dockerfile", "app/absolute": filepath.Join(dir, "docker/prod.Dockerfile"), "app/own": filepath.Join(dir, "app/docker/Dockerfile"),
		"app/inside": "docker/Dockerfile", "app/twice": "inside",
	} {
		symlink(t, to, filepath.Join(dir, link))
	}
	for file, to := range map[string]string{
		"app/Dockerfile": "docker/prod.Dockerfile", "app/through": "docker/prod.Dockerfile", "app/absolute": "docker/prod.Dockerfile", "app/own": "app/docker/Dockerfile",
		filepath.Join(dir, "app/Dockerfile"): "docker/prod.Dockerfile",
	} {
		_, err := parse(dir, vars{"file": file})
		wantMistake(t, err, "file", filepath.Base(file)+" is a link to "+filepath.Join(dir, to)+",", "set the input file to that path")
	}
	for _, file := range []string{"app/inside", "app/twice"} {
		if in, err := parse(dir, vars{"file": file}); err != nil || in.Dockerfile != filepath.Join(dir, file) {
			t.Errorf("Parse(file: %q) = %q, %v, want the link, which BuildKit follows", file, in.Dockerfile, err)
		}
	}
}

// An error names the place where the Dockerfile was looked for, and what is
// there instead.
func TestDockerfileMissing(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "lower/DOCKERFILE", "two/Dockerfile.dev", "two/Containerfile", "two/Dockerfile.dev.dockerignore", "none/main.go", "sub/Dockerfile/x")
	symlink(t, "absent", filepath.Join(dir, "none/link"))
	cases := map[string]struct{ context, file, says string }{
		"none in the context":           {"none", "", "there is no Dockerfile at " + filepath.Join(dir, "none/Dockerfile") + ";"},
		"another spelling":              {"lower", "", filepath.Join(dir, "lower/Dockerfile") + " (did you mean DOCKERFILE?);"},
		"others, without their ignores": {"two", "", "(did you mean Containerfile or Dockerfile.dev?);"},
		"the file given":                {"", "two/Dockerfile", "there is no Dockerfile at " + filepath.Join(dir, "two/Dockerfile")},
		"relative to the workspace":     {"two", "Dockerfile.dev", filepath.Join(dir, "Dockerfile.dev") + " (did you mean Dockerfile?);"},
		"in no directory":               {"", "absent/Dockerfile", filepath.Join(dir, "absent/Dockerfile") + ";"},
		"a link to nothing":             {"", "none/link", filepath.Join(dir, "none/link")},
		"a directory":                   {"sub", "", filepath.Join(dir, "sub/Dockerfile") + " is a directory"},
		"a directory given":             {"", "two", filepath.Join(dir, "two") + " is a directory"},
		"below a file":                  {"", "Dockerfile/x", "the Dockerfile cannot be read"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"context": c.context, "file": c.file})
			wantMistake(t, err, "file", c.says, "relative to the workspace")
		})
	}
}
