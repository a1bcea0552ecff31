// Package launch starts programs that end with this one, in namespaces of their own.
package launch

import (
	"fmt"
	"os"
	"os/exec"
	goruntime "runtime"
)

// Start starts a child that the kernel is to kill when we are killed
// (Pdeathsig), and waits for its end in the background. The channel is closed
// when it has ended; how is in its state.
func Start(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
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

// StartInside launches a command of a launcher, on a leash: its standard input is
// a pipe that nobody writes to, and that the kernel closes when we end, however we
// do. Inside waits for that. Pdeathsig alone does not hold: the kernel forgets it
// when a process gains rights, as by newuidmap, and when a thread other than the
// first executes a program, as Go's may.
func StartInside(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer theirs.Close()
	cmd.Stdin = theirs
	if exited, err = Start(cmd); err != nil {
		_ = ours.Close()
		return nil, err
	}
	// Held until then, so that it is not closed as garbage.
	go func() {
		<-exited
		_ = ours.Close()
	}()
	return exited, nil
}
