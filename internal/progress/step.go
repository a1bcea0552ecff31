package progress

import (
	"cmp"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/slipway-build/slipway/internal/terminal"
	"github.com/slipway-build/slipway/internal/trace"
	"github.com/slipway-build/slipway/internal/vertex"
)

// step is an instruction of the Dockerfile, or a piece of BuildKit's own work.
type step struct {
	name    string // as BuildKit writes it; empty until it is known
	label   string // [build 3/7], or the name of BuildKit's own work
	stage   string // build, or linux/arm64 build; empty for that of a Dockerfile with one stage, and for BuildKit's own work
	own     bool   // BuildKit's own work
	number  int    // in its stage, counted from 1
	last    bool   // of its stage
	members map[digest.Digest]*client.Vertex
	spans   trace.Spans
	hidden  bool // it belongs to a group of which only preparations have run

	seen     time.Time     // when it was first seen running, by this machine's clock
	waits    time.Time     // since when it has something to say and not its turn
	headed   bool          // its name has been written
	reported bool          // how it ended has been written
	told     time.Duration // how long it took, as it was written; at least 1
	text     []byte        // lines that wait
	tail     []string      // the last lines, where only a terminal shows them
	streams  [3]stream     // by BuildKit's number: 1 standard output, 2 standard error
	clipped  string        // BuildKit's limit of a step's output, where it has left out some
	transfer transfer
}

// rename takes the name that a vertex has now.
func (s *step) rename(name string) {
	name = terminal.OneLine(name)
	if strings.HasPrefix(name, "::") || strings.HasPrefix(name, "##") {
		name = "BuildKit: " + name // no line begins as the runner's commands do
	}
	is := vertex.ReadName(name)
	s.name, s.label, s.stage = name, cmp.Or(is.Label, name), strings.TrimSpace(is.Platform+" "+is.Stage)
	s.own, s.number, s.last = is.Own, is.Number, is.Number > 0 && is.Number == is.Total
}

// note takes in what is new of a vertex of the step's.
func (s *step) note(v *client.Vertex) {
	s.members[v.Digest] = v
	if v.ProgressGroup == nil {
		s.rename(v.Name)
	} else {
		s.rename(v.ProgressGroup.Name)
		s.hidden = s.onlyPreparations()
	}
	if s.spans.Note(v) {
		s.reported = false
	}
}

// onlyPreparations tells whether a group has nothing yet that is worth a line.
func (s *step) onlyPreparations() bool {
	for _, v := range s.members {
		if v.Error != "" || v.ProgressGroup != nil && !v.ProgressGroup.Weak && v.Started != nil {
			return false
		}
	}
	return true
}

func (s *step) done() bool { return len(s.spans) > 0 && !s.spans.Running() }

// cached tells whether all of it was in the cache.
func (s *step) cached() bool {
	for _, v := range s.members {
		if !v.Cached {
			return false
		}
	}
	return len(s.members) > 0
}

// failure is the error of the step itself, and whether it was only stopped.
func (s *step) failure() (text string, cancelled bool) {
	for _, v := range s.members {
		switch {
		case v.Error == "":
		case vertex.Failed(v):
			text = cmp.Or(text, v.Error)
		default:
			cancelled = true
		}
	}
	return text, cancelled && text == ""
}

func (s *step) failed() bool { text, _ := s.failure(); return text != "" }
