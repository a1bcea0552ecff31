package builder

import (
	"os/exec"
	"path/filepath"
	goruntime "runtime"
)

// launch starts a child that the kernel is to kill when we are killed
// (Pdeathsig), and waits for its end in the background. The channel is closed
// when it has ended; how is in its state.
func launch(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	done := make(chan struct{})
	started := make(chan error)
	go func() {
		defer close(done)
		// The kernel takes the end of the thread that started the child for ours.
		goruntime.LockOSThread()
		defer goruntime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return done, <-started
}

// findProgram looks for the first of some programs on PATH and in more
// directories, or returns "". A relative directory is passed over: what is in
// the checkout is not ours.
func findProgram(lookup func(string) (string, bool), names []string, more ...string) string {
	path, _ := lookup("PATH")
	for _, name := range names {
		for _, dir := range append(filepath.SplitList(path), more...) {
			if !filepath.IsAbs(dir) {
				continue
			}
			if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return found
			}
		}
	}
	return ""
}
