// Package diagnose says what an error of BuildKit means for the reader: where in the
// Dockerfile it belongs, why, and what to do.
package diagnose

import (
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/trace"
)

// Solve is what an error of a solve is explained by. All is needed.
type Solve struct {
	Trace      *trace.Recorder
	Plan       plan.Build
	Registries *registry.Client
	Builder    *builder.Builder
}

// Done is what the solve has done until now.
func (s *Solve) Done() trace.Build {
	return s.Trace.Build(func(one client.VertexWarning) trace.Warning { return newWarning(one, s.Plan) })
}
