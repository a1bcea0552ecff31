package builder

import (
	"os/exec"
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
