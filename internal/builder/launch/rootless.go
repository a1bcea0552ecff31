package launch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/slipway-build/slipway/internal/processes"
)

// rootless is the launcher of a process without privilege: rootlesskit makes a
// user namespace, in which we are root and have the subordinate ids of
// /etc/subuid and /etc/subgid. Steps share this machine's network. They do not
// see buildkitd, which holds the credentials: both need a PID namespace.
type rootless struct {
	self        Self
	rootlesskit string
}

// Self is this program as it is started once more, inside namespaces.
type Self struct {
	Executable  string
	Lookup      func(name string) (string, bool) // reads the environment
	Environment func(dir string) []string        // of what is started, whose own files may be under dir
}

// Rootless finds out whether this process can be that launcher, or what is in
// the way.
func (s Self) Rootless() (Launcher, []string) {
	r := rootless{self: s, rootlesskit: processes.Find(s.Lookup, []string{"rootlesskit"})}
	found := s.look()
	if reasons := found.reasons(); len(reasons) > 0 || sysctl("kernel/apparmor_restrict_unprivileged_userns") != 1 {
		return r, reasons
	}
	// Only a profile for rootlesskit lifts this restriction, and only a try shows
	// whether there is one.
	dir, err := os.MkdirTemp("", "slipway-")
	if err != nil {
		return r, []string{err.Error()}
	}
	defer os.RemoveAll(dir)
	found.apparmor = r.inside(dir)
	return r, found.reasons()
}

func (rootless) String() string { return ChildName + ", rootless" }

func (r rootless) Command(dir string, program ...string) *exec.Cmd {
	return r.kit(dir, append([]string{insideRun}, program...)...)
}

// kit is rootlesskit with Inside in its namespaces. The first process there is
// rootlesskit's, which ends with Inside.
func (r rootless) kit(dir string, arguments ...string) *exec.Cmd {
	options := []string{"--state-dir", filepath.Join(dir, "rootlesskit"), "--net=host", "--pidns", r.self.Executable, InsideCommand}
	cmd := exec.Command(r.rootlesskit, append(options, arguments...)...) //nolint:noctx // stopped by stop, which lets it end by itself; a context would kill it
	cmd.SysProcAttr = apart(0)
	return cmd
}

// Kill kills rootlesskit's child. Rootlesskit itself stays outside, and ends when
// its child has.
func (rootless) Kill(command *os.Process) {
	for _, pid := range processes.Children()[command.Pid] {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// Remove does inside the namespace what it cannot do outside: to remove what is
// in directories of subordinate ids.
func (r rootless) Remove(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil {
		return nil
	}
	left, globErr := filepath.Glob(filepath.Join(dir, "*")) // before rootlesskit has files there, too
	if globErr != nil {
		return errors.Join(err, globErr)
	}
	if err := r.inside(dir, append([]string{insideRemove}, left...)...); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// inside runs this program in a user namespace of its own.
func (r rootless) inside(dir string, arguments ...string) error {
	cmd := r.kit(dir, arguments...)
	var log Tail
	cmd.Env, cmd.Stdout, cmd.Stderr = r.self.Environment(dir), &log, &log
	exited, err := StartInside(cmd)
	if err != nil {
		return fmt.Errorf("starting %s: %w", r.rootlesskit, err)
	}
	<-exited
	if !cmd.ProcessState.Success() {
		return fmt.Errorf("%s: %s: %s", r.rootlesskit, cmd.ProcessState, &log)
	}
	return nil
}
