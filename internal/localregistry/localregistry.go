// Package localregistry runs a registry on loopback in a process of its own, so
// that what slipway try has published can be pulled after try has ended.
package localregistry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Command is the argument with which the program serves a registry. The next
// argument is for how long.
const Command = "serve-registry"

// Serve runs a registry on a free port of loopback, writes its host and port as
// the one line of out, and serves until ctx ends or the time is over, which begins
// when starter, the input from the process that has started it, ends. What it stores
// is in a temporary directory, which it removes.
func Serve(ctx context.Context, keep time.Duration, starter io.Reader, out io.Writer) error {
	dir, err := os.MkdirTemp("", "slipway-registry-")
	if err != nil {
		return fmt.Errorf("making a directory for the local registry: %w", err)
	}
	defer os.RemoveAll(dir)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the local registry: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, starter) // until it ends, however that comes
		time.AfterFunc(keep, cancel)
	}()
	server := &http.Server{
		Handler: registry.New(
			registry.WithBlobHandler(registry.NewDiskBlobHandler(dir)),
			registry.Logger(log.New(io.Discard, "", 0))),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Fprintln(out, listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the local registry: %w", err)
	}
	return nil
}

// Registry is a running local registry.
type Registry struct {
	Host    string // host and port
	process *os.Process
	starter io.Closer // that this process is there
}

// Start runs executable, which must be this program, as a registry that goes on
// for the given time after this process has ended.
func Start(ctx context.Context, executable string, keep time.Duration) (*Registry, error) {
	cmd := exec.Command(executable, Command, keep.String()) //nolint:noctx // it outlives this process on purpose, and ends by itself
	cmd.Env = []string{"TMPDIR=" + os.TempDir()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, outErr := cmd.StdoutPipe()
	starter, inErr := cmd.StdinPipe()
	if err := errors.Join(outErr, inErr); err != nil {
		return nil, fmt.Errorf("starting the local registry: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the local registry: %w", err)
	}
	r := &Registry{process: cmd.Process, starter: starter}
	stop := context.AfterFunc(ctx, r.Stop)
	defer stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.Stop()
		return nil, fmt.Errorf("starting the local registry: it said nothing: %w", err)
	}
	r.Host = strings.TrimSpace(line)
	return r, nil
}

// Pid is the process to end when the registry is not wanted any longer.
func (r *Registry) Pid() int { return r.process.Pid }

// Stop ends the registry and removes what it stored.
func (r *Registry) Stop() {
	_ = r.process.Signal(syscall.SIGTERM) // it may have ended already
	_ = r.starter.Close()
	_, _ = r.process.Wait()
}
