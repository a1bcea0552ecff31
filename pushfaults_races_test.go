package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// testTwoRuns has two runs push different images to the same tags at once. What each says is true when it ends.
func testTwoRuns(t *testing.T, lab *faultLab) {
	var group sync.WaitGroup
	group.Go(func() { t.Run("before the tags", func(t *testing.T) { testOvertaken(t, lab, false) }) })
	group.Go(func() { t.Run("before reading back", func(t *testing.T) { testOvertaken(t, lab, true) }) })
	group.Go(func() {
		for i := range 5 {
			t.Run(fmt.Sprint("free ", i), func(t *testing.T) { testRace(t, lab, fmt.Sprintf("octo/race-%d", i)) })
		}
	})
	group.Wait()
}

// testOvertaken holds a run before it puts its tags, or before it reads them back, and makes another one meanwhile.
func testOvertaken(t *testing.T, lab *faultLab, afterPut bool) {
	repository := fmt.Sprintf("octo/overtaken-%t", afterPut)
	before := lab.seed(t, repository, trialTags...)
	held, release := make(chan struct{}), make(chan struct{})
	hold := sync.OnceFunc(func() { close(held) })
	slow := &trial{row: "two runs at once", repository: repository, variant: "slow", ends: survives}
	slow.fault = func(p pushed, _ *http.Request) *testenv.Answer {
		if p.class == "slipway: PUT tag" && !afterPut || p.class == "slipway: HEAD tag" && slow.seen["slipway: PUT tag"] > 0 {
			hold()
			<-release
		}
		return nil
	}
	quick := &trial{row: "two runs at once", repository: repository, variant: "quick", ends: survives}
	slow.begin(t, lab)
	slow.step.mustReach("its tags", held)
	quick.begin(t, lab)
	there := quick.end(t, before)
	quick.judge(t, there)
	close(release)
	if afterPut {
		slow.ends = either // below
	}
	after := slow.end(t, there.outputs["digest"])
	slow.judge(t, after)
	if afterPut && after.code != 1 {
		t.Errorf("exit code %d, want it to see that it was overtaken\n%s", after.code, after.said)
	}
	if afterPut {
		slow.step.mustSay("::error", there.outputs["digest"], "not moved, or not confirmed: ")
	}
}

// testRace starts two runs at the same time and leaves them alone.
func testRace(t *testing.T, lab *faultLab, repository string) {
	before := lab.seed(t, repository, trialTags...)
	runs := []*trial{
		{row: "two runs at once", repository: repository, variant: "one"},
		{row: "two runs at once", repository: repository, variant: "other"},
	}
	for _, tr := range runs {
		tr.begin(t, lab)
	}
	ends := make([]*evidence, len(runs))
	for i, tr := range runs {
		ends[i] = tr.end(t, before)
	}
	for i, tr := range runs {
		other := runs[1-i]
		e, theirs := ends[i], ends[1-i]
		e.after, e.broken = theirs.after, theirs.broken
		if i == 1 { // it has looked last
			e.after, e.broken = ends[1].after, ends[1].broken
		}
		var lost []string
		for _, tag := range trialTags {
			at := e.after[tag]
			switch mine := e.outputs["digest"]; {
			case e.code != 0 && !strings.Contains(e.said, "not moved, or not confirmed: "):
				lost = append(lost, "it failed and does not say which tags moved")
			case e.code != 0 || at == mine:
			case at != theirs.outputs["digest"] && theirs.code == 0:
				lost = append(lost, fmt.Sprintf("%s is at %s, which is neither's", tag, at))
			case !tr.lastRead(tag).Before(other.lastRead(tag)): // which the other run has done after its own PUT
				lost = append(lost, fmt.Sprintf("%s is at the other's image, and was when this run read it back", tag))
			}
		}
		lab.ledger.count(tr.row, e.code, append(lost, e.broken...))
		if len(lost) > 0 || len(e.broken) > 0 {
			t.Errorf("lost: %v %v\n%s", lost, e.broken, e.said)
		}
	}
}

// lastRead is when the run last asked where a tag is.
func (tr *trial) lastRead(tag string) time.Time {
	var last time.Time
	for _, r := range tr.proxy.Requests() {
		if r.Method == http.MethodHead && strings.HasSuffix(r.Path, "/manifests/"+tag) {
			last = r.Time
		}
	}
	return last
}
