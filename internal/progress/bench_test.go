package progress

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	digest "github.com/opencontainers/go-digest"
)

// BenchmarkLines shows 50,000 lines of one step, beside BuildKit's plain display: as
// they come from a step that writes slowly, a line at a time, and from one that
// writes fast, 32 KiB at a time.
func BenchmarkLines(b *testing.B) {
	for name, perStatus := range map[string]int{"slow": 1, "fast": 450} {
		statuses := manyLines(50_000, perStatus)
		b.Run(name+"/progress", func(b *testing.B) {
			for b.Loop() {
				send(b, statuses, func(out *os.File, ch chan *client.SolveStatus) {
					Show(out, ch, Style{Colours: true}, func(*client.SolveStatus) {})
				})
			}
		})
		b.Run(name+"/buildctl", func(b *testing.B) {
			for b.Loop() {
				send(b, statuses, func(out *os.File, ch chan *client.SolveStatus) {
					display, err := progressui.NewDisplay(out, progressui.PlainMode)
					if err != nil {
						b.Fatal(err)
					}
					_, _ = display.UpdateFrom(b.Context(), ch)
				})
			}
		})
	}
}

func send(b *testing.B, statuses []*client.SolveStatus, show func(*os.File, chan *client.SolveStatus)) {
	b.Helper()
	out, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	ch, done := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(done)
		show(out, ch)
	}()
	for _, status := range statuses {
		ch <- status
	}
	close(ch)
	<-done
}

// manyLines is what BuildKit says of a step with much output.
func manyLines(lines, perStatus int) []*client.SolveStatus {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	end := begin.Add(time.Minute)
	vertex := digest.FromString("step")
	all := []*client.SolveStatus{{Vertexes: []*client.Vertex{{Digest: vertex, Name: "[2/2] RUN make", Started: &begin}}}}
	for i := 0; i < lines; i += perStatus {
		var data bytes.Buffer
		for j := i; j < min(i+perStatus, lines); j++ {
			fmt.Fprintf(&data, "line %d of output that is about as long as the lines of compilers are\n", j)
		}
		all = append(all, &client.SolveStatus{Logs: []*client.VertexLog{{
			Vertex: vertex, Stream: 1, Data: data.Bytes(), Timestamp: begin.Add(time.Duration(i) * time.Millisecond),
		}}})
	}
	return append(all, &client.SolveStatus{Vertexes: []*client.Vertex{{Digest: vertex, Name: "[2/2] RUN make", Started: &begin, Completed: &end}}})
}

// TestManyLines shows every one of them, in its order and nothing else.
func TestManyLines(t *testing.T) {
	t.Parallel()
	for _, perStatus := range []int{1, 7, 450} {
		var log bytes.Buffer
		p := newPrinter(&log, Style{})
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, status := range manyLines(10_000, perStatus) {
			at = at.Add(time.Millisecond)
			p.update(status, at)
		}
		p.end(at)
		lines := bytes.Split(bytes.TrimSuffix(log.Bytes(), []byte("\n")), []byte("\n"))
		if len(lines) != 10_002 {
			t.Fatalf("%d lines, want one for each and two for the step", len(lines))
		}
		for i, line := range lines[1:10_001] {
			if want := fmt.Sprintf(" line %d of", i); !bytes.Contains(line, []byte(want)) {
				t.Fatalf("line %d is %q, want it to hold %q", i, line, want)
			}
		}
		if want := "[2/2]  done 1m 0s"; string(lines[10_001]) != want {
			t.Errorf("the last line is %q, want %q", lines[10_001], want)
		}
	}
}
