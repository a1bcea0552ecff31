package build

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/trace"
)

// stalledAfter is how long the export to GitHub's cache may go on without getting any
// further: the client of Azure's that BuildKit has for it asks a store that does not
// work eleven times for each part, which takes sixteen minutes, and nothing can be
// said to it.
const stalledAfter = 5 * time.Minute

var errStalled = errors.New("the export to GitHub's cache got no further")

// stall ends a solve whose export to GitHub's cache does not get any further.
type stall struct {
	after time.Duration
	end   func(error)
	timer *time.Timer // nil while nothing is exported
}

// newStall watches where the run goes on without the export.
func newStall(r Request, end func(error)) *stall {
	mayFail := func(c inputs.Cache) bool { return c.Type == inputs.CacheGitHub && c.Attrs["ignore-error"] == "true" }
	if !slices.ContainsFunc(r.Plan.CacheTo, mayFail) {
		return nil
	}
	s := &stall{after: r.StalledAfter, end: end}
	if s.after == 0 {
		s.after = stalledAfter
	}
	return s
}

// note takes in what BuildKit says, with the vertices that it has told of.
func (s *stall) note(status *client.SolveStatus, recorder *trace.Recorder) {
	if s == nil {
		return
	}
	for _, vertex := range status.Vertexes {
		if strings.HasPrefix(vertex.Name, diagnose.ExportingGitHubs) && vertex.Started != nil {
			s.moves(vertex.Completed == nil)
		}
	}
	for _, one := range status.Statuses {
		if strings.HasPrefix(recorder.Vertex(one.Vertex).Name, diagnose.ExportingGitHubs) {
			s.moves(true)
		}
	}
}

func (s *stall) moves(on bool) {
	switch {
	case !on:
		s.stop()
	case s.timer == nil:
		s.timer = time.AfterFunc(s.after, func() { s.end(errStalled) })
	default:
		s.timer.Reset(s.after)
	}
}

// stop ends the watch.
func (s *stall) stop() {
	if s != nil && s.timer != nil {
		s.timer.Stop()
	}
}
