package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// started is a program that was started while somebody watched.
type started struct {
	pid                   int
	program               string
	arguments, environ    []byte
	isSlipway, isReadable bool
}

// watcher knows every program that is started on this machine. The kernel tells it
// (linux/cn_proc.h); a program that ends at once may be gone before it is looked at.
type watcher struct {
	socket int
	done   chan struct{}

	mu   sync.Mutex
	all  []started
	lost int // times that the kernel had no room for what it told
}

const (
	procListen = 1 // PROC_CN_MCAST_LISTEN
	procExec   = 2 // PROC_EVENT_EXEC
	connector  = 11
)

// watch starts to watch, until stop.
func watch(t *testing.T) *watcher {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("seeing every process that is started needs root")
	}
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, connector)
	if err == nil {
		err = syscall.Bind(socket, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK, Groups: 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	// A header of netlink, one of the connector (index 1, value 1), and the word.
	message := make([]byte, 40)
	order := binary.NativeEndian
	order.PutUint32(message[0:], uint32(len(message)))
	order.PutUint16(message[4:], syscall.NLMSG_DONE)
	order.PutUint32(message[16:], 1)
	order.PutUint32(message[20:], 1)
	order.PutUint16(message[32:], 4)
	order.PutUint32(message[36:], procListen)
	_ = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 4<<20) // beyond net.core.rmem_max
	_ = syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 100_000})
	if err := syscall.Sendto(socket, message, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	w := &watcher{socket: socket, done: make(chan struct{})}
	var reading sync.WaitGroup
	reading.Go(w.read)
	t.Cleanup(func() {
		close(w.done)
		reading.Wait()
		_ = syscall.Close(socket)
	})
	return w
}

func (w *watcher) read() {
	event := make([]byte, 4096)
	for {
		select {
		case <-w.done:
			return
		default:
		}
		n, _, err := syscall.Recvfrom(w.socket, event, 0)
		if err == syscall.ENOBUFS {
			w.mu.Lock()
			w.lost++
			w.mu.Unlock()
		}
		if err != nil || n < 60 || binary.NativeEndian.Uint32(event[36:]) != procExec {
			continue
		}
		w.look(int(binary.NativeEndian.Uint32(event[56:])))
	}
}

func (w *watcher) look(pid int) {
	dir := fmt.Sprintf("/proc/%d", pid)
	arguments, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	environ, err2 := os.ReadFile(filepath.Join(dir, "environ"))
	program, _ := os.Readlink(filepath.Join(dir, "exe"))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, started{
		pid: pid, program: filepath.Base(program), arguments: arguments, environ: environ,
		isSlipway: filepath.Base(program) == "slipway", isReadable: err == nil && err2 == nil && len(arguments) > 0,
	})
}

// scan looks for canaries in the arguments of every process, and in the environment
// of those that are not slipway's own.
func (w *watcher) scan(needles []needle) (arguments, environ place, programs map[string]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	arguments, environ = place{name: "arguments"}, place{name: "environment"}
	programs = map[string]int{"gone before it was read": 0}
	for _, p := range w.all {
		if !p.isReadable {
			programs["gone before it was read"]++
			continue
		}
		programs[p.program]++
		arguments.add(p.program, p.arguments, needles)
		if !p.isSlipway {
			environ.add(p.program, p.environ, needles)
		}
	}
	return arguments, environ, programs
}

func (p *place) add(program string, text []byte, needles []needle) {
	p.files++
	p.bytes += len(text)
	for _, one := range findIn(text, needles) {
		p.found = append(p.found, one+" of "+program)
	}
}

// startWith runs a program with a text in its arguments and its environment until
// the watcher has looked at it.
func startWith(t *testing.T, w *watcher, text string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "read _; :", text)
	cmd.Env = []string{"PATH=/bin:/usr/bin", "LEAK=" + text}
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); !w.hasSeen(cmd.Process.Pid) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	_ = hold.Close()
	_ = cmd.Wait() // read fails at the end of its input
}

func (w *watcher) hasSeen(pid int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.all, func(s started) bool { return s.pid == pid })
}
