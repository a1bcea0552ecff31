package facts

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipeIsNotWaitedFor puts a pipe that nobody writes to in the place of each file
// that is read of a run. A run that waits for one does not end.
func TestPipeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	t.Run("event", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "event.json")
		pipe(t, path)
		wantError(t, path, "it is not a regular file")
	})
	for name, known := range map[string]bool{ // whether the commit's name is known without
		".git": false, ".git/HEAD": false, ".git/config": false, ".git/refs/heads/main": false,
		".git/commondir": true, ".git/packed-refs": true, ".git/objects/info/alternates": true, "the commit": true,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, head := newCheckout(t)
			if name == "the commit" {
				name = filepath.Join(".git/objects", head[:2], head[2:])
			}
			path := filepath.Join(dir, name)
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			pipe(t, path)
			_, _ = readCheckout(dir)
			_, _ = readCommit(dir)
			if tree := readTree([]string{dir}, head); tree.Own != known {
				t.Errorf("the tree is %+v", tree)
			}
		})
	}
}

func pipe(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}
