package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestDiskOfTheRunnerIsFull has no room for a file that the input outputs names,
// which BuildKit tells of as if a disk of its own were full, or by "EOF".
func TestDiskOfTheRunnerIsFull(t *testing.T) {
	t.Parallel()
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=512k"); err != nil {
		t.Fatalf("mounting a small disk, which needs root: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(small, 0) })
	w := newWritten(plan.Build{Outputs: []inputs.Output{{Type: inputs.OutputTar, Dest: filepath.Join(small, "x.tar")}}})
	eof := errors.New("EOF")
	if err := w.full(eof); err != nil {
		t.Errorf("with room it says %v", err)
	}
	if err := os.WriteFile(filepath.Join(small, "data"), make([]byte, 400<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.full(eof); err == nil || !errors.Is(err, eof) || !strings.Contains(err.Error(), "the disk is full, of the runner and not of the builder") {
		t.Errorf("without room it says %v", err)
	}
}
