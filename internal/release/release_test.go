package main

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
)

const (
	token = "correct-horse-battery-staple"
	image = "ghcr.io/slipway-build/slipway@sha256:9d2f36f06329b2a141b9db99ffa32765cf695ee57b813ca29e245e8670bcbfff"
)

// origin is a repository behind git's own server, which asks who pushes, and a
// checkout of it in the working directory.
type origin struct{ dir string }

// newOrigin changes the working directory, so that the test runs alone.
func newOrigin(t *testing.T) origin {
	t.Helper()
	action, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	o := origin{dir: filepath.Join(root, "slipway.git")}
	runGit(t, root, "init", "-q", "--bare", "-b", "main", o.dir)
	runGit(t, o.dir, "config", "http.receivepack", "true")
	exec := strings.TrimSpace(runGit(t, root, "--exec-path"))
	backend := &cgi.Handler{
		Path: filepath.Join(exec, "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=robot"},
	}
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "x-access-token" || password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(served.Close)

	checkout := filepath.Join(root, "checkout")
	runGit(t, root, "init", "-q", "-b", "main", checkout)
	runGit(t, checkout, "remote", "add", "origin", served.URL+"/slipway.git")
	for name, text := range map[string]string{
		"action.yml":   string(action),
		"CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n## [1.3.0] - 2026-11-21\n\n- New\n\n## [1.2.3] - 2026-11-20\n\n- Old\n",
		"sub/main.go":  "package main\n",
	} {
		path := filepath.Join(checkout, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runGit(t, checkout, "add", ".")
	runGit(t, checkout, "commit", "-qm", "Build a thing")
	runGit(t, checkout, "push", "-q", o.dir, "main")
	runGit(t, checkout, "tag", "-m", "Order", "release/v1.2.3")
	runGit(t, checkout, "checkout", "-q", "--detach", "release/v1.2.3")
	runGit(t, checkout, "sparse-checkout", "disable") // as actions/checkout leaves it: go-git refuses that extension
	runGit(t, checkout, "config", "--local", "--unset-all", "extensions.worktreeConfig")
	t.Chdir(checkout)
	return o
}

// runGit runs git, which is the judge of what the release has made.
func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, said)
	}
	return string(said)
}

func (o origin) tag(t *testing.T, tag string) string {
	t.Helper()
	return strings.TrimSpace(runGit(t, o.dir, "rev-parse", "refs/tags/"+tag))
}

func release(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), args, token, &out)
	return out.String(), err
}

func TestPublish(t *testing.T) { //nolint:paralleltest // the program works in the working directory
	o := newOrigin(t)
	if said, err := release(t, "check", "release/v1.2.3"); err != nil || said != "1.2.3\n" {
		t.Fatalf("check = %q, %v", said, err)
	}
	if said, err := release(t, "publish", "release/v1.2.3", image); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	first := o.tag(t, "v1.2.3")
	runGit(t, o.dir, "fsck", "--strict")
	if got := o.tag(t, "v1"); got != first {
		t.Errorf("v1 = %s, want %s", got, first)
	}
	if got, want := runGit(t, o.dir, "rev-parse", first+"^"), runGit(t, o.dir, "rev-parse", "main"); got != want {
		t.Errorf("the release's parent = %s, want main, %s", got, want)
	}
	changed := runGit(t, o.dir, "show", "--format=", "--unified=0", first)
	var lines []string
	for line := range strings.Lines(changed) {
		if strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	want := []string{"--- a/action.yml", "+++ b/action.yml", "-  image: Dockerfile", "+  image: docker://" + image}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("the release changes (-want, +got):\n%s", diff)
	}
	if changed := runGit(t, ".", "status", "--porcelain"); changed != "" {
		t.Errorf("the checkout has changed:\n%s", changed)
	}

	// Once more changes nothing; another image is another release.
	if said, err := release(t, "publish", "release/v1.2.3", image); err != nil {
		t.Errorf("again: %v\n%s", err, said)
	}
	other := strings.Replace(image, "sha256:9", "sha256:8", 1)
	if _, err := release(t, "publish", "release/v1.2.3", other); err == nil || !strings.Contains(err.Error(), "released already") {
		t.Errorf("another image: %v", err)
	}
	if _, err := release(t, "check", "release/v1.2.3"); err == nil || !strings.Contains(err.Error(), "released already") {
		t.Errorf("check: %v", err)
	}
	if got := o.tag(t, "v1.2.3"); got != first {
		t.Errorf("v1.2.3 has moved to %s", got)
	}

	// v1 follows the newest version and no pre-release.
	for _, step := range []struct{ order, major string }{
		{"v1.3.0", "v1.3.0"}, {"v1.2.4", "v1.3.0"}, {"v1.4.0-rc.1", "v1.3.0"}, {"v1.10.0", "v1.10.0"}, {"v2.0.0", "v1.10.0"},
	} {
		if said, err := release(t, "publish", "release/"+step.order, other); err != nil {
			t.Fatalf("%s: %v\n%s", step.order, err, said)
		}
		if got, want := o.tag(t, "v1"), o.tag(t, step.major); got != want {
			t.Errorf("after %s v1 = %s, want %s of %s", step.order, got, want, step.major)
		}
	}
}

// TestPublishAllOrNothing has origin refuse one tag of two.
func TestPublishAllOrNothing(t *testing.T) { //nolint:paralleltest // the program works in the working directory
	o := newOrigin(t)
	hook := "#!/bin/sh\n[ \"$1\" != refs/tags/v1 ]\n"
	if err := os.WriteFile(filepath.Join(o.dir, "hooks", "update"), []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	if said, err := release(t, "publish", "release/v1.2.3", image); err == nil {
		t.Errorf("published: %s", said)
	}
	if tags := runGit(t, o.dir, "tag"); tags != "" {
		t.Errorf("tags = %q, want none", tags)
	}
}

func TestAnotherToken(t *testing.T) { //nolint:paralleltest // the program works in the working directory
	newOrigin(t)
	for _, args := range [][]string{{"check", "release/v1.2.3"}, {"publish", "release/v1.2.3", image}} {
		err := run(t.Context(), args, "wrong-token-4711", &strings.Builder{})
		if err == nil || strings.Contains(err.Error(), "wrong-token-4711") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestNotesAndAction(t *testing.T) { //nolint:paralleltest // the program works in the working directory
	newOrigin(t)
	if said, err := release(t, "notes", "release/v1.3.0"); err != nil || said != "- New\n" {
		t.Errorf("notes = %q, %v", said, err)
	}
	if _, err := release(t, "action", image); err != nil {
		t.Fatal(err)
	}
	if got := runGit(t, ".", "status", "--porcelain"); got != " M action.yml\n" {
		t.Errorf("changed: %q", got)
	}
	if _, err := release(t, "action", image); err == nil {
		t.Error("an action.yml that names an image already was changed")
	}
}

func TestMistakes(t *testing.T) { //nolint:paralleltest // the program works in the working directory
	newOrigin(t)
	for _, test := range []struct{ args, want string }{
		{"check release/v1.2", "such as release/v1.2.3"},
		{"check v1.2.3", "such as release/v1.2.3"},
		{"check release/v1.2.3+build", "cannot hold the +"},
		{"check release/v9.9.9", "no section [9.9.9]"},
		{"publish release/v1.2.3 ghcr.io/slipway-build/slipway:1.2.3", "reading the image"},
		{"action slipway@sha256:12", "reading the image"},
		{"publish release/v1.2.3", "help"},
		{"", "help"},
	} {
		said, err := release(t, strings.Fields(test.args)...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q\n%s", test.args, err, test.want, said)
		}
	}
}

func TestPinRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	digest, err := name.NewDigest(image)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{
		"runs:\n  using: docker\n",
		"runs:\n  using: docker\n  image: Dockerfile\n  image: Dockerfile\n",
		"runs:\n  using: node24\n  image: Dockerfile\n",
		"other:\n  image: Dockerfile\nruns:\n  using: docker\n",
	} {
		if pinned, err := pin([]byte(raw), digest); err == nil {
			t.Errorf("pinned %q as %q", raw, pinned)
		}
	}
}

func TestMovesMajor(t *testing.T) {
	t.Parallel()
	o, err := parseOrder("release/v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]bool{"v1": true, "v1.2.2": true, "v1.2.4": false, "v1.3.0-rc.1": true, "v2.0.0": true, "nightly": true, "v1.10": true} {
		if got := o.movesMajor(map[string]plumbing.Hash{tag: {}}); got != want {
			t.Errorf("beside %s: %t, want %t", tag, got, want)
		}
	}
}
