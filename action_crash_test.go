package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	moby "github.com/moby/moby/client"
)

// testCrashInStep kills the engine in the middle of a build's step.
func testCrashInStep(t *testing.T, m *jobHost) {
	r, _ := startSleepingAction(t, m)
	r.mustSurviveCrash()
}

// testCrashInPush kills the engine when it has pushed a part of a layer.
func testCrashInPush(t *testing.T, m *jobHost) {
	startStallingAction(t, m).mustSurviveCrash()
}

// mustSurviveCrash kills the engine alone. The action's container goes on, and
// must come to an end of which only its files tell: nobody reads its log any
// more, nor its exit code.
func (r *actionRun) mustSurviveCrash() {
	r.t.Helper()
	inspected, err := r.docker.ContainerInspect(r.t.Context(), r.id, moby.ContainerInspectOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	process := fmt.Sprintf("/proc/%d/cmdline", inspected.Container.State.Pid)
	if running, err := os.ReadFile(process); err != nil || !strings.Contains(string(running), "slipway") {
		r.t.Fatalf("the process of the container is %q, %v", running, err)
	}
	crashed := time.Now()
	r.engine.Crash(r.t)
	for {
		running, err := os.ReadFile(process)
		if err != nil || len(running) == 0 { // gone, or dead and not yet waited for
			break
		}
		if time.Since(crashed) > cleanUpWithin {
			r.t.Fatalf("it still runs %s after the engine has gone", time.Since(crashed))
		}
		time.Sleep(20 * time.Millisecond)
	}
	r.outputs, r.summary = r.written(r.t)
	for _, want := range []string{"Slipway failed", "unix:///var/run/docker.sock", "ended or cannot be reached any more"} {
		if !strings.Contains(r.summary, want) {
			r.t.Errorf("the summary does not say %q:\n%s", want, r.summary)
		}
	}
	r.mustNotPublish()
	r.mustLeaveNoFile()
}

// startStallingAction starts a step of which the registry takes a part of a layer
// and no more, and waits until it has.
func startStallingAction(t *testing.T, m *jobHost) *actionRun {
	t.Helper()
	random := make([]byte, 8<<20) // which gzip does not make smaller
	_, _ = rand.Read(random)
	address, stalled := stall(t, m.registry.Host, 1<<20)
	r := startAction(t, m, actionStep{
		repository: "unpublished",
		dockerfile: "FROM scratch\nCOPY random /\n",
		files:      map[string]string{"random": string(random)},
		with:       map[string]string{"registry": m.engine.Expose(t, address)},
	})
	r.waitUntil(stalled)
	return r
}

// stall passes connections on to a server until clients have sent this many
// bytes in all: then it closes the channel and passes nothing on any more.
func stall(t *testing.T, server string, after int64) (address string, stalled <-chan struct{}) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	full := make(chan struct{})
	var sent atomic.Int64
	var once sync.Once
	pass := func(client net.Conn) {
		defer client.Close()
		upstream, err := new(net.Dialer).DialContext(t.Context(), "tcp", server)
		if err != nil {
			return
		}
		defer upstream.Close()
		go func() { _, _ = io.Copy(client, upstream) }()
		for chunk := make([]byte, 32<<10); ; {
			n, err := client.Read(chunk)
			if sent.Add(int64(n)) > after {
				once.Do(func() { close(full) })
				<-t.Context().Done()
			}
			if _, writeErr := upstream.Write(chunk[:n]); err != nil || writeErr != nil {
				return
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go pass(client)
		}
	}()
	return listener.Addr().String(), full
}
