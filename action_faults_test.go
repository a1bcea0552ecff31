package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	moby "github.com/moby/moby/client"
)

// startSleepingAction starts a step whose build sleeps, and returns what the
// arguments of that process hold.
func startSleepingAction(t *testing.T, m *jobHost) (*actionRun, string) {
	t.Helper()
	seconds := strconv.FormatInt(1e9+time.Now().UnixNano()%1e9, 10)
	r := startAction(t, m, actionStep{
		repository: "unpublished",
		dockerfile: "FROM " + m.base() + "\nRUN echo started; sleep " + seconds + "\n",
	})
	r.waitFor(" started\n")
	if len(processesWith(t, "sleep\x00"+seconds)) == 0 {
		t.Fatal("the step does not run, although it has printed")
	}
	return r, "sleep\x00" + seconds
}

// mustNotPublish wants neither a tag of startSleepingAction's nor an output that
// says so.
func (r *actionRun) mustNotPublish() {
	r.t.Helper()
	if r.outputs["digest"] != "" {
		r.t.Errorf("output digest = %q, want none", r.outputs["digest"])
	}
	tag, err := name.NewTag(r.registry.Host + "/" + r.image("unpublished"))
	if err != nil {
		r.t.Fatal(err)
	}
	var missing *transport.Error
	if _, err := remote.Head(tag, r.reach()...); !errors.As(err, &missing) || missing.StatusCode != http.StatusNotFound {
		r.t.Errorf("asking for %s: %v, want that it is not there", tag, err)
	}
}

// testCancelledInStep cancels a run in the middle of a build's step.
func testCancelledInStep(t *testing.T, m *jobHost) {
	before := m.left(t)
	r, sleep := startSleepingAction(t, m)
	r.mustEndCancelled()
	for sent := time.Now(); len(processesWith(t, sleep)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Since(sent) > cleanUpWithin {
			t.Fatal("the step still runs in the engine")
		}
	}
	r.mustNotPublish()
	r.mustLeaveNothing(before)
}

// testCancelledInPush cancels a run when a part of a layer is pushed.
func testCancelledInPush(t *testing.T, m *jobHost) {
	before := m.left(t)
	r := startStallingAction(t, m)
	r.mustEndCancelled()
	r.mustNotPublish()
	r.mustLeaveNothing(before)
}

// testCancelledBeforePermission has a registry that does not answer, and a build
// that is done: it waits in the engine's store to be pushed.
func testCancelledBeforePermission(t *testing.T, m *jobHost) {
	before := m.left(t)
	address, _ := stall(t, m.registry.Host, 0)
	r := startAction(t, m, actionStep{
		repository: "unpublished",
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		with:       map[string]string{"registry": m.engine.Expose(t, address)},
	})
	for deadline := time.Now().Add(time.Minute); !strings.Contains(strings.Join(m.left(t), "\n"), "slipway.invalid/run:"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the build has not come to an end:\n%s", r.said())
		}
	}
	time.Sleep(time.Second) // the image is there a moment before the build's answer
	r.mustEndCancelled()
	r.mustNotPublish()
	r.mustLeaveNothing(before)
}

// testCancelledBesideSilence cancels runs of which a far end takes what is sent to it,
// and says nothing. In the middle of a push it does so in testCancelledInPush.
func testCancelledBesideSilence(t *testing.T, m *jobHost) {
	for title, step := range map[string]func(silent string) actionStep{
		"registry": func(silent string) actionStep {
			return actionStep{with: map[string]string{"registry": silent}}
		},
		"GitHub's API": func(silent string) actionStep { // asked for a commit that the checkout does not have
			return actionStep{env: map[string]string{"GITHUB_API_URL": "http://" + silent, "GITHUB_SHA": strings.Repeat("a", 40)}}
		},
	} {
		t.Run(title, func(t *testing.T) {
			before := m.left(t)
			address, reached := stall(t, m.registry.Host, 0)
			s := step(m.engine.Expose(t, address))
			s.repository, s.dockerfile = "unpublished", "FROM scratch\nCOPY Dockerfile /\n"
			r := startAction(t, m, s)
			r.waitUntil(reached)
			r.mustEndCancelled()
			r.mustNotPublish()
			r.mustLeaveNothing(before)
		})
	}
}

// mustEndCancelled cancels a run as the runner does.
func (r *actionRun) mustEndCancelled() {
	r.t.Helper()
	sent := time.Now()
	if _, err := r.docker.ContainerKill(r.t.Context(), r.id, moby.ContainerKillOptions{Signal: "SIGINT"}); err != nil {
		r.t.Fatal(err)
	}
	r.wait()
	if took := time.Since(sent); r.code != 1 || took > cleanUpWithin {
		r.t.Errorf("exit code %d after %s, want 1 within %s\n%s", r.code, took, cleanUpWithin, r.said())
	}
	r.mustSay("::error", "interrupt signal received")
}

// testSockets has a socket that is of no use.
func testSockets(t *testing.T, m *jobHost) {
	dir, err := os.MkdirTemp("", "sockets-") //nolint:usetesting // a socket's path holds 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	abandoned := filepath.Join(dir, "abandoned.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: abandoned})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for title, c := range map[string]struct {
		step actionStep
		says string
	}{
		"refused":          {actionStep{user: fmt.Sprintf("%[1]d:%[1]d", runnerUser)}, "permission denied"},
		"nobody listens":   {actionStep{socket: abandoned}, "Cannot connect to the Docker daemon"},
		"none on the host": {actionStep{socket: filepath.Join(dir, "nothing")}, "Cannot connect to the Docker daemon"}, // the engine mounts a new directory
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			c.step.dockerfile = "FROM scratch\nCOPY Dockerfile /\n"
			r := runAction(t, m, c.step)
			if took := time.Since(started); r.code != 1 || took > cleanUpWithin {
				t.Errorf("exit code %d after %s, want 1 soon", r.code, took)
			}
			r.mustSay("::error", "unix:///var/run/docker.sock", c.says, "set the input builder")
			r.mustLeaveNoFile()
		})
	}
}
