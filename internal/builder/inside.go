package builder

import (
	"errors"
	"fmt"
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
	insideRun    = "run"    // program and its arguments
	insideRemove = "remove" // paths
)

// Inside is the program's part inside the namespaces. It does not return after
// it has become another program.
func Inside(arguments []string) error {
	switch {
	case len(arguments) == 0:
		return nil
	case len(arguments) > 1 && arguments[0] == insideRun:
		return become(arguments[1:])
	case arguments[0] == insideRemove:
		return removeAll(arguments[1:])
	}
	return errors.New("this command is for a run's own use")
}

// become replaces this process, which is the first of its namespaces. The
// processes of its PID namespace are to be seen in /proc, and its mounts by
// nobody else.
func become(program []string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("keeping mounts in a namespace: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc in a namespace: %w", err)
	}
	if err := unix.Exec(program[0], program, exec.Command(program[0]).Environ()); err != nil { //nolint:noctx // nothing is started: it is our environment
		return fmt.Errorf("starting %s: %w", program[0], err)
	}
	return nil
}

func removeAll(paths []string) error {
	var errs []error
	for _, path := range paths {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// launcher runs a program in PID and mount namespaces of its own. They end with
// the first process in them, and with them every process and mount that the
// program has made: a step that still runs when buildkitd is killed, too.
type launcher interface {
	// String names the kind of builder for the log.
	String() string
	// command is what is to be started. Its own files may be under dir.
	command(dir string, program ...string) *exec.Cmd
	// kill ends the first process in the namespaces, which may not have started
	// yet: it is called until the command has ended.
	kill(command *os.Process)
	// remove removes a directory that the program has written to, after it has
	// ended.
	remove(dir string) error
}

// namespaces is the launcher of a process that has CAP_SYS_ADMIN.
type namespaces struct{ executable string }

func (namespaces) String() string { return childName }

func (n namespaces) command(_ string, program ...string) *exec.Cmd {
	cmd := exec.Command(n.executable, append([]string{InsideCommand, insideRun}, program...)...) //nolint:noctx // stopped by stop, which lets it end by itself; a context would kill it
	cmd.SysProcAttr = apart(unix.CLONE_NEWPID | unix.CLONE_NEWNS)
	return cmd
}

func (namespaces) kill(command *os.Process) { _ = command.Kill() }

func (namespaces) remove(dir string) error { return os.RemoveAll(dir) }

// apart puts a child into new namespaces, and a process group of its own: Ctrl-C
// in a terminal reaches us, and we stop the child after the build. Should we be
// killed, the kernel kills it.
func apart(namespaces uintptr) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: namespaces, Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
