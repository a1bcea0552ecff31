package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// InsideCommand is the argument with which the program does one thing inside the
// namespaces of a child process: what it is told by the arguments that follow.
// Without any it does nothing, and so shows that it can run there.
const InsideCommand = "inside-namespaces"

const (
	insideFirst  = "first"  // program and its arguments; we are the first process of the namespaces
	insideRun    = "run"    // program and its arguments
	insideRemove = "remove" // paths
)

// Inside is the program's part inside the namespaces. It returns when that is done,
// or when the leash ends, which is a stream that lasts as long as the run does. Its
// process must end then: the namespaces end with it, and all that runs in them. The
// end of ctx is passed on to a program that it runs, as SIGTERM; out is for what
// that says.
func Inside(ctx context.Context, leash io.Reader, out io.Writer, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	done := make(chan error, 2)
	go func() { done <- carryOut(ctx, out, arguments[0], arguments[1:]) }()
	go func() {
		_, _ = io.Copy(io.Discard, leash)
		done <- errors.New("the run has ended that this was for")
	}()
	return <-done
}

func carryOut(ctx context.Context, out io.Writer, what string, arguments []string) error {
	switch {
	case len(arguments) > 0 && what == insideFirst:
		if err := mountProc(); err != nil {
			return err
		}
		return supervise(ctx, out, arguments)
	case len(arguments) > 0 && what == insideRun:
		return supervise(ctx, out, arguments)
	case what == insideRemove:
		return removeAll(arguments)
	}
	return errors.New("this command is for a run's own use")
}

// mountProc lets the processes of a new PID namespace be seen in /proc, and its
// mounts by nobody else.
func mountProc() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("keeping mounts in a namespace: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc in a namespace: %w", err)
	}
	return nil
}

// supervise runs a program to its end. Meanwhile it takes the last words of those
// processes that have lost their parent, which the first process of a PID
// namespace is given.
func supervise(ctx context.Context, out io.Writer, program []string) error {
	cmd := exec.Command(program[0], program[1:]...) //nolint:noctx // it is to end by itself; a context would kill it
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", program[0], err)
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("waiting for %s: %w", program[0], err)
		case pid != cmd.Process.Pid:
		case status.Signaled():
			return fmt.Errorf("%s was ended by a signal: %s", program[0], status.Signal())
		case status.ExitStatus() != 0:
			return fmt.Errorf("%s ended with exit code %d", program[0], status.ExitStatus())
		default:
			return nil
		}
	}
}

func removeAll(paths []string) error {
	var errs []error
	for _, path := range paths {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// Launcher runs a program in PID and mount namespaces of its own, under Inside. They
// end with the first process in them, and with them every process and mount that
// the program has made: a step that still runs when buildkitd is killed, too.
type Launcher interface {
	// String names the kind of builder for the log.
	String() string
	// Command is what is to be started, by launchInside. Its own files may be under
	// dir.
	Command(dir string, program ...string) *exec.Cmd
	// Kill ends the first process in the namespaces, which may not have started
	// yet: it is called until the command has ended.
	Kill(command *os.Process)
	// Remove removes a directory that the program has written to, after it has
	// ended.
	Remove(dir string) error
}

// Namespaces is the launcher of a process that has CAP_SYS_ADMIN.
type Namespaces struct{ Executable string }

func (Namespaces) String() string { return ChildName }

// Command runs the program under Inside.
func (n Namespaces) Command(_ string, program ...string) *exec.Cmd {
	cmd := exec.Command(n.Executable, append([]string{InsideCommand, insideFirst}, program...)...) //nolint:noctx // stopped by stop, which lets it end by itself; a context would kill it
	cmd.SysProcAttr = apart(unix.CLONE_NEWPID | unix.CLONE_NEWNS)
	return cmd
}

// Kill kills Inside, and with it all in its namespaces.
func (Namespaces) Kill(command *os.Process) { _ = command.Kill() }

// Remove removes a directory.
func (Namespaces) Remove(dir string) error { return os.RemoveAll(dir) }

// apart puts a child into new namespaces, and a process group of its own: Ctrl-C
// in a terminal reaches us, and we stop the child after the build.
func apart(namespaces uintptr) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: namespaces, Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// ChildName is what a buildkitd of our own is called in the log.
const ChildName = "buildkitd as a child process"
