package progress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// TestTurns has three stages that print at the same time for five minutes, the first
// of which falls silent for a while: the log is in few parts, and no line waits for
// long.
func TestTurns(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var log strings.Builder
	var sections []string
	p := newPrinter(&log, Style{Section: func(title string) { sections = append(sections, title) }})
	first := &client.SolveStatus{}
	stages := []string{"a", "b", "c"}
	for _, name := range stages {
		first.Vertexes = append(first.Vertexes, &client.Vertex{Digest: digest.Digest(name), Name: fmt.Sprintf("[%s 2/2] RUN %[1]s", name), Started: &began})
	}
	p.update(first, began)
	waiting := map[string]time.Time{} // lines that are not shown yet
	var longest time.Duration
	silent := func(name string, at time.Duration) bool { return name == "a" && at > time.Minute && at < 2*time.Minute }
	for at := tick; at < 5*time.Minute; at += tick {
		now := began.Add(at)
		status := &client.SolveStatus{}
		for _, name := range stages {
			if silent(name, at) {
				continue
			}
			line := fmt.Sprintf(" %s at %s\n", name, at)
			waiting[line] = now
			status.Logs = append(status.Logs, &client.VertexLog{Vertex: digest.Digest(name), Stream: 1, Data: []byte(line[1:]), Timestamp: now})
		}
		shown := log.Len()
		p.update(status, now)
		p.tick(now)
		for line := range strings.SplitAfterSeq(log.String()[shown:], "\n") {
			if begin := strings.Index(line, " at "); begin > 0 {
				delete(waiting, line[begin-2:])
			}
		}
		for _, since := range waiting {
			longest = max(longest, now.Sub(since))
		}
	}
	p.end(began.Add(5 * time.Minute))
	if longest > 2*mostWait+time.Second {
		t.Errorf("a line has waited for %s, want at most two turns of others", longest)
	}
	if len(sections) < 6 || len(sections) > 20 {
		t.Errorf("%d parts, want several and not many: %q", len(sections), sections)
	}
	for at := tick; at < 5*time.Minute; at += tick {
		for _, name := range stages {
			if want := fmt.Sprintf(" %s at %s\n", name, at); !silent(name, at) && strings.Count(log.String(), want) != 1 {
				t.Fatalf("%q is there %d times", want, strings.Count(log.String(), want))
			}
		}
	}
}

// TestSilentStepYields gives another step its turn when the first says no more.
func TestSilentStepYields(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var log strings.Builder
	p := newPrinter(&log, Style{})
	status := &client.SolveStatus{}
	for _, name := range []string{"a", "b"} {
		status.Vertexes = append(status.Vertexes, &client.Vertex{Digest: digest.Digest(name), Name: fmt.Sprintf("[%s 2/2] RUN %[1]s", name), Started: &began})
		status.Logs = append(status.Logs, &client.VertexLog{Vertex: digest.Digest(name), Stream: 1, Data: []byte(name + " says\n"), Timestamp: began})
	}
	p.update(status, began)
	for at := time.Duration(0); at < 3*time.Second; at += tick {
		p.tick(began.Add(at))
		if shown := strings.Contains(log.String(), "b says"); shown != (at >= betweenSteps+quietFor) {
			t.Fatalf("after %s it is %t that the second is shown:\n%s", at, shown, log.String())
		}
	}
}
