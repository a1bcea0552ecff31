package facts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every commit of these tests has these times: only the committer's counts.
const authored = "2020-01-01T00:00:00Z"

var committed = time.Date(2026, time.February, 3, 9, 15, 0, 0, time.FixedZone("", 2*60*60))

// runGit runs the git program, with no configuration but its own, and returns what
// it prints. The product never does that.
func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_CONFIG_COUNT=2",
		"GIT_CONFIG_KEY_0=init.defaultBranch", "GIT_CONFIG_VALUE_0=main",
		"GIT_CONFIG_KEY_1=protocol.file.allow", "GIT_CONFIG_VALUE_1=always",
		"GIT_AUTHOR_NAME=Mona", "GIT_AUTHOR_EMAIL=mona@example.com", "GIT_AUTHOR_DATE=" + authored,
		"GIT_COMMITTER_NAME=Mona", "GIT_COMMITTER_EMAIL=mona@example.com",
		"GIT_COMMITTER_DATE=" + committed.Format(time.RFC3339),
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// newCheckout returns a checkout of main with two commits, and the last one's
// hash.
func newCheckout(t *testing.T) (dir, sha string) {
	t.Helper()
	dir = t.TempDir()
	runGit(t, dir, "init", "--quiet")
	write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\n")
	runGit(t, dir, "add", ".")
	runGit(t, dir, "commit", "--quiet", "--message=one")
	write(t, filepath.Join(dir, "sub", "dir", "file"), "text\n")
	runGit(t, dir, "add", ".")
	runGit(t, dir, "commit", "--quiet", "--message=two")
	return dir, runGit(t, dir, "rev-parse", "HEAD")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
