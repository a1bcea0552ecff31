package trace

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/vertex"
)

// Step is something that a build did: an instruction of the Dockerfile, or work of
// BuildKit's own. Its times count from the start of the build's first step.
type Step struct {
	Stage    string // of the Dockerfile; empty where it has but one; of BuildKit's own work preparing or exporting
	Name     string // the instruction, or what BuildKit calls its work
	Platform string // empty where BuildKit names none
	Own      bool   // BuildKit's own work
	Cached   bool
	Failed   bool          // by itself, and not because another did
	Began    time.Duration // for the first time
	Ended    time.Duration // for the last time
	Took     time.Duration // without the pauses in between
}

// What comes before the Dockerfile's stages, and after them.
const (
	preparing = "prepare"
	exporting = "export"
)

// indexed is a step with its place in its stage.
type indexed struct {
	Step
	index int
}

// timeline lists what was begun: what prepares, the stages in the order in which they
// began, each in the order of the Dockerfile, and what exports.
func (r *Recorder) timeline() []Step {
	first, last := r.bounds()
	all := make([]indexed, 0, len(r.spans))
	began := map[string]time.Duration{} // of a stage for a platform
	for key, spans := range r.spans {
		one, at := newStep(r.vertices[key]), spans.stopped(last)
		one.Began, one.Ended, one.Took = at.Began().Sub(first), at.Ended().Sub(first), at.Took()
		if at, there := began[one.place()]; !there || one.Began < at {
			began[one.place()] = one.Began
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b indexed) int {
		return cmp.Or(
			cmp.Compare(a.phase(), b.phase()), cmp.Compare(began[a.place()], began[b.place()]), cmp.Compare(a.place(), b.place()),
			cmp.Compare(a.index, b.index), cmp.Compare(a.Began, b.Began), cmp.Compare(a.Name, b.Name),
		)
	})
	steps := make([]Step, len(all))
	for i, one := range all {
		steps[i] = one.Step
	}
	return steps
}

func (s Step) place() string { return s.Stage + " " + s.Platform }

func (s Step) phase() int {
	switch {
	case !s.Own:
		return 1
	case s.Stage == preparing:
		return 0
	}
	return 2
}

func newStep(v client.Vertex) indexed {
	is := vertex.ReadName(v.Name)
	s := Step{Platform: is.Platform, Stage: is.Stage, Name: is.Work, Own: is.Own, Cached: v.Cached}
	// That there is no cache yet is no failure.
	s.Failed = vertex.Failed(&v) && !strings.HasPrefix(v.Name, Importing)
	switch {
	case !is.Own:
	case strings.HasPrefix(v.Name, "exporting "):
		s.Stage = exporting
	default:
		s.Stage = preparing
		if _, work, found := strings.Cut(v.Name, "internal] "); found && strings.HasPrefix(v.Name, "[") {
			s.Name = work
		}
	}
	return indexed{s, is.Number}
}
