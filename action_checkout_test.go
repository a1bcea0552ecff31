package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runnerUser owns the files of a runner; the action in its container is root.
const runnerUser = 1001

// runnerDir is the directory of a runner that has checked out a repository.
type runnerDir struct {
	dir   string // see runnerDirs
	sha   string
	files []string // all that are in dir before the step
}

// runnerDirs are the directories of a runner that a container action sees, and
// where it sees them.
func runnerDirs() map[string]string {
	return map[string]string{
		"_temp":                       "/github/runner_temp",
		"_temp/_github_home":          "/github/home",
		"_temp/_github_workflow":      "/github/workflow",
		"_temp/_runner_file_commands": "/github/file_commands",
		"repo/repo":                   "/github/workspace",
	}
}

// fileCommands are the files that the runner makes for a step, by the variable
// that names them.
func fileCommands() map[string]string {
	const step = "_4b4c2fd4-b8c2-4bd4-a6bd-7a4ba0a93f6c"
	return map[string]string{
		"GITHUB_ENV": "set_env" + step, "GITHUB_PATH": "add_path" + step, "GITHUB_OUTPUT": "set_output" + step,
		"GITHUB_STATE": "save_state" + step, "GITHUB_STEP_SUMMARY": "step_summary" + step,
	}
}

func newRunnerDir(t *testing.T, s actionStep) runnerDir {
	t.Helper()
	dir, err := os.MkdirTemp("", "runner-") //nolint:usetesting // the name of the test has no place in a mount, nor in a container's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for from := range runnerDirs() {
		if err := os.MkdirAll(filepath.Join(dir, from), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	repo := filepath.Join(dir, "repo/repo")
	mustWrite(t, filepath.Join(repo, "Dockerfile"), []byte(s.dockerfile))
	for path, content := range s.files {
		mustWrite(t, filepath.Join(repo, path), []byte(content))
	}
	c := runnerDir{dir: dir, sha: commit(t, repo, s.repository)}
	event, err := json.Marshal(map[string]any{"ref": "refs/heads/main", "after": c.sha, "repository": map[string]string{"full_name": s.repository}})
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(dir, "_temp/_github_workflow/event.json"), event)
	for _, file := range fileCommands() {
		mustWrite(t, filepath.Join(dir, "_temp/_runner_file_commands", file), nil)
	}
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, runnerUser, runnerUser))
	})
	if err = errors.Join(err, os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	c.files = c.list(t)
	return c
}

// list names what is in the runner's directory.
func (c runnerDir) list(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(c.dir, func(path string, _ fs.DirEntry, err error) error {
		found = append(found, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// written is what a step has told the runner.
func (c runnerDir) written(t *testing.T) (outputs map[string]string, summary string) {
	t.Helper()
	read := func(variable string) string {
		content, err := os.ReadFile(filepath.Join(c.dir, "_temp/_runner_file_commands", fileCommands()[variable]))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	outputs, err := parseOutputs(read("GITHUB_OUTPUT"))
	if err != nil {
		t.Error(err)
	}
	return outputs, read("GITHUB_STEP_SUMMARY")
}

// commit makes a directory a git checkout of one commit of a repository, and
// returns its hash.
func commit(t *testing.T, dir, repository string) string {
	t.Helper()
	git := func(arguments ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=octocat", "-c", "user.email=octocat@example.com"}, arguments...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_COMMITTER_DATE=2026-03-04T05:06:07+01:00"}
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", arguments, err, said)
		}
		return strings.TrimSpace(string(said))
	}
	git("init", "-q", "-b", "main")
	git("remote", "add", "origin", "https://github.com/"+repository)
	git("add", ".")
	git("commit", "-q", "-m", "one")
	return git("rev-parse", "HEAD")
}
