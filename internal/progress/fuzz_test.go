package progress

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// colourSequence is the only one that may be in a log.
var colourSequence = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// FuzzProgress takes bytes for a BuildKit that says anything in any order. Every
// line that a step writes is shown once, and nothing commands a terminal or a runner.
func FuzzProgress(f *testing.F) {
	f.Add([]byte("\x00\x10\x01\x10\x06a line\x1b[2J"), uint8(0))
	f.Add([]byte("\x06hello\x00\x00\x06more\r\rx\x01\x05\x00\x07\x07\x07"), uint8(1))
	f.Add([]byte("\x08\x12\x08\x22\x06::error::x\x09\x13\x02\x23\x0a\x01::stop-commands::a"), uint8(2))
	f.Add([]byte("\x00\x11\x06\x11##[error]\x07\x07\x07\x07\x07\x07\x07\x07\x00\x12\x06\x12\xff\xfe\x03\x12\x04\x11"), uint8(3))
	f.Add([]byte("\x05\x01\x0b\x06\x1b]0;t\x07\x02\x01\x06\x01\x1bP"), uint8(7))
	f.Fuzz(func(t *testing.T, data []byte, style uint8) {
		var log bytes.Buffer
		s := Style{Colours: style&1 != 0, Verbose: style&2 != 0}
		if style&4 != 0 {
			s.Section = func(title string) { fmt.Fprintf(&log, "section %q\n", title) }
		}
		folded := style&8 != 0
		if folded {
			s.Screen = &screen{rows: int(style >> 4)}
			folded = !s.Verbose
		}
		p := newPrinter(&log, s)
		lines := feed(p, data)
		text := log.String()
		for i := range lines {
			if n := strings.Count(text, fmt.Sprintf(" line-%d\n", i)); n != 1 && !folded {
				t.Fatalf("line %d is shown %d times:\n%q", i, n, text)
			}
		}
		if !s.Colours && strings.Contains(text, "\x1b") {
			t.Fatalf("colours:\n%q", text)
		}
		for i, line := range strings.Split(colourSequence.ReplaceAllString(text, ""), "\n") {
			if strings.HasPrefix(strings.TrimLeft(line, " \t")+" ", "::") && !strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "##[") {
				t.Fatalf("line %d begins as a command does: %q", i, line)
			}
			for _, r := range line {
				if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
					t.Fatalf("line %d holds %q: %q", i, r, line)
				}
			}
		}
	})
}

// feed carries out one operation for each byte and returns how many lines were
// written.
func feed(p *printer, data []byte) int {
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b
	}
	lines := 0
	for len(data) > 0 {
		op, which := next(), next()
		clock = clock.Add(time.Duration(op) * 10 * time.Millisecond)
		at := clock
		vertex := &client.Vertex{
			Digest: digest.Digest(fmt.Sprintf("sha256:%d", which%8)), Name: fmt.Sprintf("[stage-%d %d/3] RUN x", which%3, which%4),
			Inputs: []digest.Digest{digest.Digest(fmt.Sprintf("sha256:%d", which/8%8))},
		}
		if which > 128 {
			vertex.Name = string(data[:min(len(data), 20)])
		}
		status := &client.SolveStatus{}
		switch op % 12 {
		case 0:
			vertex.Started = &at
		case 1:
			vertex.Started, vertex.Completed = &at, &at
		case 2:
			vertex.Started, vertex.Completed, vertex.Cached = &at, &at, true
		case 3:
			vertex.Completed, vertex.Error = &at, string(data)
		case 4:
			vertex.Started, vertex.Completed, vertex.Error = &at, &at, context.Canceled.Error()
		case 5:
		case 6:
			raw := data[:min(len(data), int(which))]
			text := append(bytes.Clone(raw), fmt.Sprintf("\nline-%d\n", lines)...)
			lines++
			cut := len(text) / 2
			for _, piece := range [][]byte{text[:cut], text[cut:], raw} {
				status.Logs = append(status.Logs, &client.VertexLog{Vertex: vertex.Digest, Stream: 1, Data: piece, Timestamp: at})
			}
			status.Logs = append(status.Logs, &client.VertexLog{Vertex: vertex.Digest, Stream: int(op) - 100, Data: raw})
		case 7:
			p.tick(at)
			continue
		case 8:
			vertex.ProgressGroup = &pb.ProgressGroup{Id: fmt.Sprint(which % 2), Name: "[stage-1 2/3] COPY --link", Weak: which%5 == 0}
			vertex.Started = &at
		case 9:
			status.Statuses = append(status.Statuses, &client.VertexStatus{ID: string(data), Vertex: vertex.Digest, Total: int64(which), Current: int64(op), Timestamp: at, Completed: &at})
		case 10:
			status.Warnings = append(status.Warnings, &client.VertexWarning{Vertex: vertex.Digest, Short: data})
		case 11:
			clock = clock.Add(time.Duration(which) * time.Second)
		}
		if op%12 < 6 || op%12 == 8 {
			status.Vertexes = append(status.Vertexes, vertex)
		}
		p.update(status, clock)
	}
	p.end(clock)
	return lines
}
