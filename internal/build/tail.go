package build

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
		t[log.Vertex].write(log.Data)
	}
	for _, vertex := range status.Vertexes {
		if vertex.Completed != nil && vertex.Error == "" {
			delete(t, vertex.Digest)
		}
	}
}

// of returns the last lines of the step that an error is about.
func (t tails) of(err error) []string {
	var step *errdefs.VertexError
	found := digest.Digest("")
	for errors.As(err, &step) { // the innermost is the one that failed
		found, err = digest.Digest(step.Digest), step.Unwrap()
	}
	return t.at(found)
}

func (t tails) at(step digest.Digest) []string {
	if last := t[step]; last != nil {
		return last.end()
	}
	return nil
}

// tail keeps the last lines of a text that arrives in pieces.
type tail struct {
	lines    []string
	open     []byte // of a line that has not ended
	long     bool   // it is longer than longestLine
	returned bool   // the last letter was a carriage return
}

func (t *tail) write(text []byte) {
	for _, c := range text {
		switch {
		case c == '\n':
			t.endLine()
		case c == '\r':
			t.returned = true
			continue
		case t.returned: // what follows is written over it, as a progress bar does
			t.open, t.long = append(t.open[:0], c), false
		case len(t.open) < longestLine:
			t.open = append(t.open, c)
		default:
			t.long = true
		}
		t.returned = false
	}
}

func (t *tail) endLine() {
	line := terminal.Clean(string(t.open))
	if t.long {
		line = fmt.Sprintf("(a line of more than %d bytes)", longestLine)
	}
	t.open, t.long = t.open[:0], false
	if strings.TrimSpace(line) == "" {
		return
	}
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, line)
}

// end returns the lines, also a last one that has no end.
func (t *tail) end() []string {
	t.endLine()
	return t.lines
}
