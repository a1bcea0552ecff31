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
)

const (
	// startWithin is how long buildkitd may take to open its socket. It takes
	// 0.1 s on an idle machine.
	startWithin = 20 * time.Second
	// stopWithin is how long it may take to end by itself. The runner kills a
	// cancelled step after 10 s.
	stopWithin = 3 * time.Second
)

// child is a buildkitd of our own, with a root and a socket that nobody else
// has. Both are gone after the run.
type child struct {
	lookup func(string) (string, bool)
}

func newChild(o Options) child { return child{lookup: o.Lookup} }

func (c child) String() string { return "buildkitd as a child process" }

func (c child) connect(ctx context.Context) (*Builder, error) {
	path, runtime, err := c.programs()
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "slipway-")
	if err != nil {
		return nil, fmt.Errorf("making a root for buildkitd: %w", err)
	}
	d := &daemon{dir: root, state: filepath.Join(root, "root"), log: &tail{}}
	if err := d.start(path, runtime, c.environment(root)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(root))
	}
	builder, err := d.dial(ctx)
	if err != nil {
		return nil, errors.Join(err, d.stop())
	}
	builder.Name = c.String()
	return builder, nil
}

// programs finds buildkitd and what runs its containers, or says why they are of
// no use.
func (c child) programs() (daemon, runtime string, err error) {
	if err := privileged(); err != nil {
		return "", "", err
	}
	if daemon, err = c.find("buildkitd"); err != nil {
		return "", "", err
	}
	runtime, err = c.find("buildkit-runc", "runc", "crun")
	return daemon, runtime, err
}

// privileged says why this process cannot run containers, before one is tried:
// buildkitd starts without the privilege and fails in the middle of a build.
func privileged() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("asking for this process's capabilities: %w", err)
	}
	if data[0].Effective&(1<<unix.CAP_SYS_ADMIN) == 0 {
		return errors.New("this process lacks the capability CAP_SYS_ADMIN, which building needs; run as root or in a privileged container")
	}
	return nil
}

// find looks for a program on PATH, and in the places where Debian keeps root's
// programs, which are not on every user's PATH.
func (c child) find(names ...string) (string, error) {
	if found := findProgram(c.lookup, names, "/usr/local/sbin", "/usr/sbin", "/sbin"); found != "" {
		return found, nil
	}
	return "", fmt.Errorf("there is no %s on PATH", strings.Join(names, " or "))
}

// environment is what buildkitd gets: where to find programs and how to reach
// registries. Nothing else of ours, which holds the token and the secrets.
func (c child) environment(root string) []string {
	return append(variables(c.lookup, "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"), append(proxies(c.lookup), "HOME="+root, "TMPDIR="+root)...)
}

// proxies is the part of our environment that says how registries are reached.
func proxies(lookup func(string) (string, bool)) []string {
	return variables(lookup, "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
}

func variables(lookup func(string) (string, bool), names ...string) []string {
	var set []string
	for _, name := range names {
		if value, ok := lookup(name); ok {
			set = append(set, name+"="+value)
		}
	}
	return set
}

// daemon is a running buildkitd.
type daemon struct {
	dir    string // of its sockets and temporary files; removed in the end
	state  string // directory of its cache
	gc     bool   // throw away what is old, for a state that is kept
	log    *tail
	cmd    *exec.Cmd
	exited <-chan struct{} // closed when the process has ended
}

func (d *daemon) address() string { return filepath.Join(d.dir, "buildkitd.sock") }

func (d *daemon) start(path, runtime string, env []string) error {
	d.cmd = exec.Command(path, //nolint:noctx // stopped by stop, which lets it end by itself; a context would kill it
		"--root", d.state,
		"--addr", "unix://"+d.address(),
		"--oci-worker=true", // by itself it looks for runc on PATH alone
		"--oci-worker-binary", runtime,
		"--oci-worker-gc="+strconv.FormatBool(d.gc),
		"--otel-socket-path", filepath.Join(d.dir, "otel.sock"), // the default is shared by every buildkitd of the machine
		"--containerd-worker=false")
	d.cmd.Env = env
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	// A process group of its own: Ctrl-C in a terminal reaches us, and we stop
	// buildkitd after the build. Should we be killed, the kernel kills it.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var err error
	if d.exited, err = launch(d.cmd); err != nil {
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
	said, err := ask(ctx, c)
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("%w\n%s", err, d.log)
	}
	return &Builder{Capabilities: said.Capabilities, Client: c, stop: d.stop}, nil
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
	select {
	case <-d.exited:
	case <-time.After(stopWithin):
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
		<-d.exited
	}
	if err := os.RemoveAll(d.dir); err != nil {
		return fmt.Errorf("removing buildkitd's files: %w", err)
	}
	return nil
}
