package processes_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/slipway-build/slipway/internal/processes"
)

// TestChildren starts a program whose name is made to be misread.
func TestChildren(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a) S 1 (b")
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sleep, path); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if children := processes.Children()[os.Getpid()]; !slices.Contains(children, cmd.Process.Pid) {
		t.Errorf("Children()[%d] = %v, want %d among them", os.Getpid(), children, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if children := processes.Children()[os.Getpid()]; slices.Contains(children, cmd.Process.Pid) {
		t.Errorf("Children()[%d] = %v, want no %d, which has ended", os.Getpid(), children, cmd.Process.Pid)
	}
}
