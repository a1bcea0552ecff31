package trace

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/slipway-build/slipway/internal/vertex"
)

// Recorder follows the status of one solve. It is not safe for concurrent use.
type Recorder struct {
	vertices map[digest.Digest]client.Vertex // the last word on each
	spans    map[digest.Digest]*Spans        // of those that have begun
	warnings []client.VertexWarning
	tails    tails
}

// NewRecorder returns a Recorder of a solve that has not begun.
func NewRecorder() *Recorder {
	return &Recorder{vertices: map[digest.Digest]client.Vertex{}, spans: map[digest.Digest]*Spans{}, tails: tails{}}
}

// Note takes in what BuildKit says.
func (r *Recorder) Note(status *client.SolveStatus) {
	for _, v := range status.Vertexes {
		r.vertices[v.Digest] = *v
		if v.Started == nil {
			continue
		}
		if r.spans[v.Digest] == nil {
			r.spans[v.Digest] = &Spans{}
		}
		r.spans[v.Digest].Note(v)
	}
	for _, warning := range status.Warnings {
		r.warnings = append(r.warnings, *warning)
	}
	r.tails.note(status)
}

// Vertex returns the last word on a vertex; the zero value of one that is not known.
func (r *Recorder) Vertex(key digest.Digest) client.Vertex { return r.vertices[key] }

// Vertices are all that BuildKit has told of, in no order.
func (r *Recorder) Vertices() iter.Seq[client.Vertex] { return maps.Values(r.vertices) }

// Failed tells whether work of BuildKit's own, by the start of its name, has
// failed by itself and not because other work did.
func (r *Recorder) Failed(name string) bool {
	for _, v := range r.vertices {
		if strings.HasPrefix(v.Name, name) && vertex.Failed(&v) {
			return true
		}
	}
	return false
}

// Build counts, and puts what was begun in order. A vertex is started and completed
// several times under one digest; the last word on it holds. warn makes a warning of
// what BuildKit's checks have found.
func (r *Recorder) Build(warn func(client.VertexWarning) Warning) Build {
	b := Build{Timeline: r.timeline()}
	for _, v := range r.vertices {
		if vertex.ReadName(v.Name).Own || v.Completed == nil {
			continue
		}
		b.Steps++
		if v.Cached {
			b.Cached++
		}
	}
	for _, warning := range r.warnings {
		if check := warn(warning); !slices.Contains(b.Warnings, check) { // one for each platform
			b.Warnings = append(b.Warnings, check)
		}
	}
	return b
}

// bounds returns when the first began and the last ended.
func (r *Recorder) bounds() (first, last time.Time) {
	for _, spans := range r.spans {
		if began := spans.Began(); first.IsZero() || began.Before(first) {
			first = began
		}
		for _, one := range *spans {
			for _, at := range []time.Time{one.Start, one.Stop} {
				if at.After(last) {
					last = at
				}
			}
		}
	}
	return first, last
}
