package build

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// What a container action writes as root is for the runner's user to keep and to
// remove, with the directories that were made for it, and nothing else is.
func TestHandOver(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("giving files away needs root")
	}
	const runner = 1001
	root := t.TempDir()
	workspace := filepath.Join(root, "workspace")
	dest := filepath.Join(workspace, "new", "cache")
	if err := os.Mkdir(workspace, 0o755); err != nil {
		t.Fatal(err)
	}
	w := newWritten(plan.Build{Context: workspace, CacheTo: []inputs.Cache{{Type: inputs.CacheLocal, Attrs: map[string]string{"dest": dest}}}})
	if err := os.MkdirAll(filepath.Join(dest, "blobs"), 0o755); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(root, "outside")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dest, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(workspace, runner, runner); err != nil {
		t.Fatal(err)
	}
	if err := w.handOver(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		dest: runner, filepath.Join(dest, "blobs"): runner, filepath.Join(dest, "link"): runner, filepath.Dir(dest): runner, workspace: runner,
		root: 0, outside: 0,
	} {
		if uid := ownerOf(t, path); uid != want {
			t.Errorf("%s belongs to %d, want %d", path, uid, want)
		}
	}
}
