package trace

import (
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/slipway-build/slipway/internal/terminal"
)

const (
	// tailLines is how many lines of a step's output its error shows.
	tailLines = 10
	// longestLine is in bytes. A longer line is left out and not cut: half of a
	// secret would not be recognised as one.
	longestLine = 1000
)

// tails are the last lines of what each step has printed.
type tails map[digest.Digest]*tail

// note takes what a status says, and forgets steps that have ended well.
func (t tails) note(status *client.SolveStatus) {
	for _, log := range status.Logs {
		if t[log.Vertex] == nil {
			t[log.Vertex] = &tail{}
		}
		t[log.Vertex].write(log.Stream, log.Data)
	}
	for _, vertex := range status.Vertexes {
		if vertex.Completed != nil && vertex.Error == "" {
			delete(t, vertex.Digest)
		}
	}
}

// TailOf returns the last lines of the step that an error is about, or nothing where
// it is about none.
func (r *Recorder) TailOf(err error) []string {
	var step *errdefs.VertexError
	found := digest.Digest("")
	for errors.As(err, &step) { // the innermost is the one that failed
		found, err = digest.Digest(step.Digest), step.Unwrap()
	}
	return r.Tail(found)
}

// Tail returns the last lines that a step has printed.
func (r *Recorder) Tail(step digest.Digest) []string {
	if last := r.tails[step]; last != nil {
		return last.end()
	}
	return nil
}

// tail keeps the last lines of what a step prints. They arrive in pieces, of which
// those of one stream may come between those of the other.
type tail struct {
	lines []string
	open  [3]openLine // by BuildKit's number of a stream: 1 standard output, 2 standard error
}

func (t *tail) write(stream int, text []byte) {
	line := &t.open[min(max(stream, 0), len(t.open)-1)]
	for _, c := range text {
		if c == '\n' {
			t.add(line.end())
		} else {
			line.put(c)
		}
	}
}

func (t *tail) add(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, line)
}

// end returns the lines, also last ones that have no end.
func (t *tail) end() []string {
	for i := range t.open {
		t.add(t.open[i].end())
	}
	return t.lines
}

// openLine is a line that has not ended.
type openLine struct {
	text     []byte
	long     bool // it is longer than longestLine
	returned bool // the last letter was a carriage return
}

func (l *openLine) put(c byte) {
	switch {
	case c == '\r':
		l.returned = true
		return
	case l.returned: // what follows is written over it, as a progress bar does
		l.text, l.long = append(l.text[:0], c), false
	case len(l.text) < longestLine:
		l.text = append(l.text, c)
	default:
		l.long = true
	}
	l.returned = false
}

// end returns the line, and begins the next.
func (l *openLine) end() string {
	line := terminal.Clean(string(l.text))
	if l.long {
		line = fmt.Sprintf("(a line of more than %d bytes)", longestLine)
	}
	l.text, l.long, l.returned = l.text[:0], false, false
	return line
}
