package builder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"
	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/builder/launch"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/processes"
)

const (
	// startWithin is how long buildkitd may take to open its socket, and then to
	// answer. It takes 0.1 s on an idle machine.
	startWithin = 20 * time.Second
	// stopWithin is how long it may take to end by itself. It takes some
	// milliseconds; a run that is cancelled must be gone after 5 s, of which a
	// solve without an answer takes one.
	stopWithin = 2 * time.Second
	// killWithin is how long it may take to end when it is killed.
	killWithin = time.Second
)

// child is a buildkitd of our own, with a root and a socket that nobody else
// has. Both are gone after the run.
type child struct {
	executable string // this program
	lookup     func(string) (string, bool)
	ca         []byte               // of registries in PEM, besides the system's
	allow      []inputs.Entitlement // what its steps are to have
}

func newChild(o Options) child {
	return child{executable: o.Executable, lookup: o.Lookup, ca: o.RegistryCA, allow: o.Needs.Entitlements}
}

func (c child) String() string { return launch.ChildName }

func (c child) connect(ctx context.Context) (*Builder, error) {
	how, path, runtime, err := c.prepare()
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "slipway-")
	if err != nil {
		return nil, fmt.Errorf("making a root for buildkitd: %w", err)
	}
	d := &daemon{Launcher: how, dir: root, state: filepath.Join(root, "root"), allow: c.allow, log: &launch.Tail{}}
	env, err := c.environmentWith(root)
	if err == nil {
		err = d.start(path, runtime, env)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(root))
	}
	builder, err := d.dial(ctx)
	if err != nil {
		return nil, errors.Join(err, d.abandon())
	}
	builder.Name = how.String()
	builder.Git = c.hasGit()
	return builder, nil
}

// prepare finds what runs buildkitd, buildkitd, and what runs its containers, or
// says all that is in the way. Nothing is tried that would only fail in the
// middle of a build, as buildkitd without the privilege does.
func (c child) prepare() (how launch.Launcher, path, runtime string, err error) {
	path, noDaemon := c.find("buildkitd")
	runtime, noRuntime := c.find("buildkit-runc", "runc", "crun")
	var lacks []string
	for _, err := range []error{noDaemon, noRuntime} {
		if err != nil {
			lacks = append(lacks, err.Error())
		}
	}
	privileged, err := privileged()
	if err != nil {
		return nil, "", "", err
	}
	prefix := ""
	how = launch.Namespaces{Executable: c.executable}
	if !privileged {
		prefix = "this process lacks the capability CAP_SYS_ADMIN (root and a privileged container have it), and buildkitd cannot run rootless: "
		var more []string
		how, more = launch.Self{Executable: c.executable, Lookup: c.lookup, Environment: c.environment}.Rootless()
		lacks = append(lacks, more...)
	}
	if len(lacks) > 0 {
		return nil, "", "", errors.New(prefix + strings.Join(lacks, "; "))
	}
	return how, path, runtime, nil
}

// privileged tells whether this process may make namespaces and mount in them.
func privileged() (bool, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false, fmt.Errorf("asking for this process's capabilities: %w", err)
	}
	return data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0, nil
}

// find looks for a program on PATH, and in the places where Debian keeps root's
// programs, which are not on every user's PATH.
func (c child) find(names ...string) (string, error) {
	if found := processes.Find(c.lookup, names, "/usr/local/sbin", "/usr/sbin", "/sbin"); found != "" {
		return found, nil
	}
	return "", fmt.Errorf("there is no %s on PATH", strings.Join(names, " or "))
}

// daemon is a running buildkitd.
type daemon struct {
	launch.Launcher
	dir    string // of its sockets and temporary files; removed in the end
	state  string // directory of its cache
	gc     bool   // throw away what is old, for a state that is kept
	allow  []inputs.Entitlement
	log    *launch.Tail
	cmd    *exec.Cmd
	exited <-chan struct{} // closed when the process has ended
}

func (d *daemon) address() string { return filepath.Join(d.dir, "buildkitd.sock") }

func (d *daemon) start(path, runtime string, env []string) error {
	arguments := append([]string{
		path,
		"--root", d.state,
		"--addr", "unix://" + d.address(),
		"--oci-worker=true", // by itself it looks for runc on PATH alone
		"--oci-worker-binary", runtime,
		"--oci-worker-gc=" + strconv.FormatBool(d.gc),
		"--otel-socket-path", filepath.Join(d.dir, "otel.sock"), // the default is shared by every buildkitd of the machine
		"--containerd-worker=false",
	}, grants(d.allow)...)
	d.cmd = d.Command(d.dir, arguments...)
	d.cmd.Env = env
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	d.cmd.WaitDelay = killWithin
	var err error
	if d.exited, err = launch.StartInside(d.cmd); err != nil {
		return fmt.Errorf("starting %s: %w", path, err)
	}
	return nil
}

// dial waits for the socket and then for the first answer. It looks often: the
// client's own Wait sleeps a second between tries, and gRPC as long after a
// failed dial.
func (d *daemon) dial(ctx context.Context) (*Builder, error) {
	if err := d.accepting(ctx); err != nil {
		return nil, err
	}
	c, err := client.New(ctx, "unix://"+d.address(), unstall()...)
	if err != nil {
		return nil, err
	}
	said, err := ask(ctx, c, startWithin)
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("%w\n%s", err, d.log)
	}
	return &Builder{Capabilities: said.Capabilities, Client: c, stop: func(context.Context) error { return d.stop() }}, nil
}

func (d *daemon) accepting(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startWithin, fmt.Errorf("its socket is not open after %s", startWithin))
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("unix", d.address()); err == nil { //nolint:noctx // a local socket answers at once
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w\n%s", context.Cause(ctx), d.log)
		case <-d.exited:
			return fmt.Errorf("it ended while starting:\n%s", d.log)
		case <-tick.C:
		}
	}
}

// stop ends buildkitd and removes everything it had.
func (d *daemon) stop() error {
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	d.ended(stopWithin)
	return d.abandon()
}

// abandon ends at once, without a word to buildkitd, what has not ended yet, and
// removes everything.
func (d *daemon) abandon() error {
	for deadline := time.After(killWithin); !d.ended(5 * time.Millisecond); {
		d.Kill(d.cmd.Process)
		select {
		case <-deadline:
			_ = d.cmd.Process.Kill()
			<-d.exited
		default:
		}
	}
	if err := d.Remove(d.dir); err != nil {
		return fmt.Errorf("removing buildkitd's files: %w", err)
	}
	return nil
}

// ended waits for the end, and tells whether it came.
func (d *daemon) ended(within time.Duration) bool {
	select {
	case <-d.exited:
		return true
	case <-time.After(within):
		return false
	}
}
