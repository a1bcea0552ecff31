package progress

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// TestLive shows what runs, as far as there is room.
func TestLive(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for rows, want := range map[int][]string{
		0: nil, 1: nil, 2: nil,
		3:  {"  90.0s [a 2/2] RUN a"},
		4:  {"  90.0s [a 2/2] RUN a", "  90.0s [b 2/2] RUN b"},
		6:  {"  90.0s [a 2/2] RUN a", "   89.9 a 9", "  90.0s [b 2/2] RUN b", "   89.9 b 9"},
		11: {"  90.0s [a 2/2] RUN a", "   89.7 a 7", "   89.8 a 8", "   89.9 a 9", "  90.0s [b 2/2] RUN b", "   89.7 b 7", "   89.8 b 8", "   89.9 b 9"},
	} {
		var log strings.Builder
		shown := &screen{rows: rows}
		p := newPrinter(&log, Style{Screen: shown})
		status := &client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:done", Name: "[a 1/2] COPY . .", Started: &began, Completed: &began}}}
		for _, name := range []string{"a", "b"} {
			vertex := digest.Digest("sha256:" + name)
			status.Vertexes = append(status.Vertexes, &client.Vertex{Digest: vertex, Name: fmt.Sprintf("[%s 2/2] RUN %[1]s", name), Started: &began})
			for i := range 10 {
				status.Logs = append(status.Logs, &client.VertexLog{
					Vertex: vertex, Stream: 1, Data: fmt.Appendf(nil, "%s %d\n", name, i), Timestamp: began.Add(89*time.Second + time.Duration(i)*100*time.Millisecond),
				})
			}
		}
		p.update(status, began)
		p.tick(began.Add(90 * time.Second))
		if diff := cmp.Diff(strings.Join(want, "\n"), shown.last); diff != "" {
			t.Errorf("%d lines, -want +got:\n%s", rows, diff)
		}
		if want := "[a 1/2] COPY . .  done 0s\n"; log.String() != want {
			t.Errorf("the log holds %q, want %q", log.String(), want)
		}
		p.end(began.Add(91 * time.Second))
		if shown.last != "" {
			t.Errorf("%q is left on the terminal", shown.last)
		}
	}
}

// TestFoldedFailure keeps the last lines of a step with much output, for when it
// fails, and shows none of one that was stopped.
func TestFoldedFailure(t *testing.T) {
	t.Parallel()
	for _, cancelled := range []bool{false, true} {
		began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var log strings.Builder
		p := newPrinter(&log, Style{Screen: &screen{rows: 24}})
		all := manyLines(10_000, 10)
		last := all[len(all)-1].Vertexes[0]
		last.Error = `process "/bin/sh -c make" did not complete successfully: exit code: 2`
		if cancelled {
			last.Error = "process: " + context.Canceled.Error()
		}
		for i, status := range all {
			p.update(status, began.Add(time.Duration(i)*time.Millisecond))
		}
		p.end(began.Add(time.Minute))
		lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
		if cancelled {
			if log.String() != "" {
				t.Errorf("a step that was stopped: %d lines", len(lines))
			}
			continue
		}
		if len(lines) < foldedLines+2 || lines[0] != "[2/2] RUN make" || lines[len(lines)-1] != "[2/2]  ERROR: exit code: 2" {
			t.Errorf("%d lines, from %q to %q", len(lines), lines[0], lines[len(lines)-1])
		}
		if !strings.Contains(lines[len(lines)-2], "line 9999 of") {
			t.Errorf("the last line of the step is lost: %q", lines[len(lines)-2])
		}
	}
}
