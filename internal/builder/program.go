package builder

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/builder/launch"
	"github.com/slipway-build/slipway/internal/processes"
)

// hangUpWithin is how long a program may take to end by itself after its
// connection is closed, and again after it is told to.
const hangUpWithin = time.Second

// program is a command whose standard input and output are a connection to a
// BuildKit. Addresses and arguments are those of BuildKit's connection helpers.
// They are not used themselves: they hand the program our whole environment, in
// which the runner puts the token and the secrets, and blame every failure on
// Docker.
type program struct {
	scheme, name string
	arguments    []string
}

// throughProgram returns the program that connects to an address, which has been
// checked.
func throughProgram(u *url.URL) (program, bool) {
	p := program{scheme: u.Scheme}
	q := u.Query()
	dialStdio := []string{"buildctl", "dial-stdio"}
	switch u.Scheme {
	case "docker-container":
		p.name = "docker"
		p.arguments = slices.Concat(flag("--context=", q.Get("context")), []string{"exec", "-i", u.Host}, dialStdio)
	case "podman-container":
		p.name = "podman"
		p.arguments = slices.Concat([]string{"exec", "-i", u.Host}, dialStdio)
	case "kube-pod":
		p.name = "kubectl"
		p.arguments = slices.Concat(
			flag("--context=", q.Get("context")), flag("--namespace=", q.Get("namespace")),
			[]string{"exec"}, flag("--container=", q.Get("container")), []string{"-i", u.Host, "--"}, dialStdio)
	case "ssh":
		p.name = "ssh"
		if u.Path != "" {
			dialStdio = []string{"buildctl", "--addr", "unix://" + u.Path, "dial-stdio"}
		}
		if user := u.User.Username(); user != "" {
			p.arguments = append(p.arguments, "-l", user)
		}
		if u.Port() != "" {
			p.arguments = append(p.arguments, "-p", u.Port())
		}
		p.arguments = slices.Concat(p.arguments, []string{"--", u.Hostname()}, dialStdio)
	default:
		return program{}, false
	}
	return p, true
}

// flag returns an option with its value, or nothing where there is none.
func flag(option, value string) []string {
	if value == "" {
		return nil
	}
	return []string{option + value}
}

// find looks for the program on PATH.
func (p program) find(lookup func(string) (string, bool)) (string, error) {
	if found := processes.Find(lookup, []string{p.name}); found != "" {
		return found, nil
	}
	return "", fmt.Errorf("%s:// addresses are reached with the program %s, which is not on PATH; the action's own image does not have it: run slipway where it is installed, or let buildkitd listen on tcp:// with builder-tls", p.scheme, p.name)
}

// running starts the program, once for each connection, and ends all of them.
type running struct {
	path      string
	arguments []string

	mu       sync.Mutex
	log      launch.Tail // what they said on standard error
	commands []*connected
	stopped  bool
}

// connected is one run of the program.
type connected struct {
	cmd    *exec.Cmd
	exited <-chan struct{} // closed when the process has ended
}

// start runs the program, and returns the other end of its standard input and
// output.
func (r *running) start() (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil, net.ErrClosed
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("making a connection for %s: %w", r.path, err)
	}
	defer theirs.Close()
	c := &connected{cmd: exec.Command(r.path, r.arguments...)} //nolint:noctx // it lives as long as the connection, and stop ends it
	c.cmd.Env = slices.DeleteFunc(c.cmd.Environ(), processes.Secret)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = theirs, theirs, &r.log
	// A session of its own: it asks nobody for a password, Ctrl-C reaches only
	// us, and stop ends what it has started, too. Should we be killed, the
	// kernel kills it.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	c.cmd.WaitDelay = hangUpWithin // for what it leaves behind with its standard error
	if c.exited, err = launch.Start(c.cmd); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", r.path, err), ours.Close())
	}
	// The connection ends with the program, whatever that has left behind.
	go func() {
		<-c.exited
		_ = ours.Close()
	}()
	r.commands = append(r.commands, c)
	return ours, nil
}

// stop ends every program whose connection has been closed before.
func (r *running) stop() {
	r.mu.Lock()
	r.stopped = true
	commands := r.commands
	r.mu.Unlock()
	for _, c := range commands {
		c.end()
	}
}

func (c *connected) end() {
	for _, signal := range []syscall.Signal{0, syscall.SIGTERM, syscall.SIGKILL} {
		if signal != 0 {
			_ = syscall.Kill(-c.cmd.Process.Pid, signal) // it may have ended meanwhile
		}
		select {
		case <-c.exited:
			return
		case <-time.After(hangUpWithin):
		}
	}
}

// lastWords says how the last run of the program ended and what it said, for an
// error. It is called after stop.
func (r *running) lastWords(p program) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.commands) == 0 {
		return ""
	}
	var ended string
	if state := r.commands[len(r.commands)-1].cmd.ProcessState; state != nil && state.ExitCode() > 0 {
		ended = fmt.Sprintf(" (%s)", state)
	}
	return fmt.Sprintf("; %s %s%s said: %s", p.name, strings.Join(p.arguments, " "), ended, cmp.Or(r.log.String(), "nothing"))
}

// socketPair returns the two ends of a connection: ours, and a file for a child
// process.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	mine, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs") //nolint:gosec // the kernel's numbers are not negative
	defer mine.Close()
	conn, err := net.FileConn(mine) // a copy
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return conn, theirs, nil
}
