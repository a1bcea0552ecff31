package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	moby "github.com/moby/moby/client"
)

// testOwnBuilderContainer has a build for two platforms, for which an engine with a graph
// driver is not enough: it is made in a container beside the action's, of the
// action's own image, from which nothing is pulled.
func testOwnBuilderContainer(t *testing.T, m *jobHost) {
	before := m.left(t)
	with := map[string]string{"platforms": "linux/amd64,linux/arm64"}
	if !m.graphDriver {
		with["builder"] = "container" // the engine could do without
	}
	r := runAction(t, m, actionStep{
		repository: "both",
		dockerfile: "FROM --platform=linux/amd64 " + m.base() + " AS work\nRUN echo made > /made\nFROM scratch\nCOPY --from=work /made /\n",
		with:       with,
	})
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.said())
	}
	r.mustSay("Building with BuildKit in the container slipway-")
	if got, want := r.outputs["digest"], m.published(t, "both"); got != want || !strings.Contains(r.outputs["platforms"], "linux/arm64") {
		t.Errorf("digest %s of %s, want %s of both platforms", got, r.outputs["platforms"], want)
	}
	r.mustLeaveNothing(before)
}

// testBuilderContainerOfAKilledAction kills the action as the runner does when it has lost
// its patience: the container beside it ends all the same.
func testBuilderContainerOfAKilledAction(t *testing.T, m *jobHost) {
	before := m.left(t)
	r := startAction(t, m, actionStep{
		repository: "unpublished",
		dockerfile: "FROM " + m.base() + "\nRUN echo started; sleep 1000\n",
		with:       map[string]string{"builder": "container"},
	})
	r.waitFor(" started\n")
	if _, err := m.docker.ContainerKill(t.Context(), r.id, moby.ContainerKillOptions{Signal: "SIGKILL"}); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	r.wait()
	for !cmp.Equal(before, m.left(t)) {
		if time.Since(killed) > cleanUpWithin {
			t.Fatalf("the engine is not as before (-before, +after):\n%s", cmp.Diff(before, m.left(t)))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
