package testenv

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// commandLimit is many times what the slowest program takes on a quiet machine. It is the one that compiles the action
// in a build: where it has to from nothing, beside other tests on two cores, it was ended after ten minutes.
const commandLimit = 30 * time.Minute

// outputGrace is how long output may come after a program has ended, or was told to. Five seconds were too few for
// busybox --list on half a processor.
const outputGrace = time.Minute

// Command returns a program to be run, which ends with the test and after half an hour in any case, so that one that
// hangs fails a test and not, an hour later and without a name, all of them. It then gets SIGQUIT: a program in Go says
// where it stands. What it has started cannot keep its output open for long when it has ended.
func Command(t T, path string, args ...string) *exec.Cmd {
	t.Helper()
	return commandWithin(t, commandLimit, outputGrace, path, args...)
}

func commandWithin(t T, limit, grace time.Duration, path string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return cmd.Process.Signal(syscall.SIGQUIT)
		}
		return cmd.Process.Kill()
	}
	cmd.WaitDelay = grace
	return cmd
}
