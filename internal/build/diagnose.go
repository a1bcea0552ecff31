package build

import (
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/trace"
)

// Diagnosed is what an error of a solve is explained by. All is needed.
type Diagnosed struct {
	Trace      *trace.Recorder
	Plan       plan.Build
	Registries *registry.Client
	Builder    *builder.Builder
}

// done is what the solve has done until now.
func (s *Diagnosed) done() trace.Build {
	return s.Trace.Build(func(one client.VertexWarning) trace.Warning { return newWarning(one, s.Plan) })
}
