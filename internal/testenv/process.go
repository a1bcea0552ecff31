package testenv

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/slipway-build/slipway/internal/processes"
)

const (
	startLimit   = 2 * time.Minute       // for a daemon to say that it serves; a loaded CI machine needs some seconds
	stopGrace    = 5 * time.Second       // between SIGTERM and SIGKILL
	pollInterval = 10 * time.Millisecond // daemons start in 50 to 300 ms, so this costs a test next to nothing
)

// process is a child process that ends with the test, and with this process however that dies.
type process struct {
	cmd  *exec.Cmd
	log  logBuffer     // standard output and error, together
	end  func()        // sends SIGTERM now and SIGKILL after stopGrace
	done chan struct{} // closed when the process has ended and been waited for
}

// place is where a process runs; the zero value is where this one does.
type place struct {
	namespaces uintptr  // new ones: CLONE_NEWNET and so on
	network    *Network // that is there already; nil for none
}

// startIn runs a program with only env, so that nothing the caller's shell exports can configure a daemon. The caller
// registers the cleanup that terminates it.
func startIn(t T, at place, env []string, path string, args ...string) *process {
	t.Helper()
	// Not the test's context: it ends before the cleanups of a test, which may still need the daemon.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, path, args...)
	p := &process{cmd: cmd, end: cancel, done: make(chan struct{})}
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopGrace
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Unshareflags: at.namespaces}

	started := make(chan error)
	go func() {
		defer close(p.done)
		// Pdeathsig is sent when the thread that forked ends, not the process: keep that thread for as long.
		runtime.LockOSThread()
		if at.network == nil {
			defer runtime.UnlockOSThread() // else it ends with the goroutine
		}
		err := at.network.enter()
		if err == nil {
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return p
}

// terminate asks the process to end and returns when it has. Further calls do nothing.
func (p *process) terminate() { p.finish(p.end) }

// kill ends the process with SIGKILL, as the kernel's out-of-memory killer does. Further calls do nothing.
func (p *process) kill() {
	p.finish(func() {
		_ = p.cmd.Process.Kill()
		p.end() // a child of its own may live on and hold its log open: no longer than stopGrace
	})
}

func (p *process) finish(stop func()) {
	select {
	case <-p.done:
		return
	default:
	}
	// A killed buildkitd leaves its containers running; the family is known only while it lives.
	family := descendants(p.cmd.Process.Pid)
	stop()
	<-p.done
	for _, member := range family {
		_ = member.Kill()
		_ = member.Release()
	}
}

// waitLog returns the first submatch of pattern in the log, and ends the test if it has not come after startLimit or
// the process ends before.
func (p *process) waitLog(t T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); {
		if match := re.FindStringSubmatch(p.log.String()); match != nil {
			return match[1]
		}
		select {
		case <-p.done:
			t.Fatalf("starting %s: %v\n%s", filepath.Base(p.cmd.Path), p.cmd.ProcessState, p.log.String())
		case <-time.After(pollInterval):
		}
	}
	p.terminate()
	t.Fatalf("starting %s: no %q in its log after %v\n%s", filepath.Base(p.cmd.Path), pattern, startLimit, p.log.String())
	return ""
}

// logOnFailure shows the end of the log if the test has failed, which only a testing.TB can tell.
func (p *process) logOnFailure(t T) {
	const limit = 8 << 10 // bytes
	if f, ok := t.(interface{ Failed() bool }); !ok || !f.Failed() {
		return
	}
	text := p.log.String()
	t.Logf("end of the log of %s:\n%s", filepath.Base(p.cmd.Path), text[max(0, len(text)-limit):])
}

// descendants returns the children of pid and theirs, as handles (pidfd) that can never hit a later process with the
// same number.
func descendants(pid int) []*os.Process {
	children := processes.Children()
	var family []*os.Process
	for queue := children[pid]; len(queue) > 0; queue = queue[1:] {
		if member, err := os.FindProcess(queue[0]); err == nil {
			family = append(family, member)
		}
		queue = append(queue, children[queue[0]]...)
	}
	return family
}

// logBuffer collects the output of a running process.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
