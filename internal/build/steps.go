package build

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/slipway-build/slipway/internal/plan"
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

// work is when BuildKit was at a vertex. It starts and completes one several times:
// for the key of the cache, say, and to run it.
type work struct {
	began, ended time.Time // the first start and the last end
	started      time.Time // the last start
	before       time.Duration
	last         time.Duration // of the last start; 0 while it is at it
}

// diary is when BuildKit was at what, by vertex.
type diary map[digest.Digest]*work

// note takes down what BuildKit says of a vertex, which it may say again.
func (d diary) note(v *client.Vertex) {
	if v.Started == nil {
		return
	}
	w := d[v.Digest]
	if w == nil {
		w = &work{began: *v.Started}
		d[v.Digest] = w
	}
	if !w.started.Equal(*v.Started) {
		w.started, w.before, w.last = *v.Started, w.before+w.last, 0
	}
	if v.Started.Before(w.began) {
		w.began = *v.Started
	}
	if v.Completed != nil {
		w.last = v.Completed.Sub(*v.Started)
		if v.Completed.After(w.ended) {
			w.ended = *v.Completed
		}
	}
}

// bounds returns when the first began and the last ended.
func (d diary) bounds() (first, last time.Time) {
	for _, w := range d {
		if first.IsZero() || w.began.Before(first) {
			first = w.began
		}
		for _, at := range []time.Time{w.started, w.ended} {
			if at.After(last) {
				last = at
			}
		}
	}
	return first, last
}

// indexed is a step with its place in its stage.
type indexed struct {
	Step
	index int
}

// steps lists what was begun: what prepares, the stages in the order in which they
// began, each in the order of the Dockerfile, and what exports.
func (d diary) steps(vertices map[digest.Digest]client.Vertex) []Step {
	first, last := d.bounds()
	all := make([]indexed, 0, len(d))
	began := map[string]time.Duration{} // of a stage for a platform
	for key, w := range d {
		one := newStep(vertices[key])
		one.Began, one.Ended, one.Took = w.began.Sub(first), w.ended.Sub(first), w.before+w.last
		if w.ended.Before(w.started) { // the build ended while it was at it
			one.Ended, one.Took = last.Sub(first), w.before+last.Sub(w.started)
		}
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
	s.Failed = vertex.Failed(&v) && !strings.HasPrefix(v.Name, importing)
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

// onNode names the platforms of a farm's node with the steps that name none. The
// nodes begin at the same time; their clocks may differ.
func onNode(steps []Step, share plan.Share) []Step {
	for i := range steps {
		if steps[i].Platform == "" {
			steps[i].Platform = plan.ListPlatforms(share.Platforms)
		}
	}
	return steps
}
