package trace

import (
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/vertex"
)

// What the names of BuildKit's own work begin with; the reference follows.
const (
	LoadingMetadata = "[internal] load metadata for "  // it asks for a base image
	Importing       = "importing cache manifest from " // it looks for a cache
)

// Failing returns the work that has failed by itself, the first where there is more,
// for an error that does not say which it was: those of Docker 20.10 are words alone.
// It has no digest where there is none.
func (r *Recorder) Failing() client.Vertex {
	var first client.Vertex
	for _, v := range r.vertices {
		if !vertex.Failed(&v) || v.Completed == nil || vertex.ReadName(v.Name).Own && !strings.HasPrefix(v.Name, LoadingMetadata) {
			continue
		}
		if first.Completed == nil || v.Completed.Before(*first.Completed) {
			first = v
		}
	}
	return first
}
