package build

import (
	"context"
	"encoding/json"
	"maps"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
)

// solve has BuildKit build. Where named contexts are stages of the Dockerfile
// itself, these come first, and what they are made of goes into the build.
func solve(ctx context.Context, b *builder.Builder, p plan.Build, opt client.SolveOpt, statuses chan *client.SolveStatus) (*client.SolveResponse, error) {
	stages := map[string]string{} // by the name of the context
	for _, named := range p.Contexts {
		if named.Kind == source.Stage {
			stages[named.Name] = named.Where
		}
	}
	if len(stages) == 0 {
		return b.Client.Solve(ctx, nil, opt, statuses)
	}
	frontend := opt.Frontend
	return b.Client.Build(ctx, opt, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		request := gateway.SolveRequest{Frontend: frontend, FrontendOpt: maps.Clone(c.BuildOpts().Opts), FrontendInputs: map[string]*pb.Definition{}}
		before := maps.Clone(request.FrontendOpt)
		maps.DeleteFunc(before, func(name, _ string) bool { return strings.HasPrefix(name, "attest:") })
		for name, stage := range stages {
			attrs := maps.Clone(before)
			attrs["target"] = stage
			result, err := c.Solve(ctx, gateway.SolveRequest{Frontend: frontend, FrontendOpt: attrs})
			if err != nil {
				return nil, err
			}
			if err := addStage(ctx, &request, name, result); err != nil {
				return nil, err
			}
		}
		return c.Solve(ctx, request)
	}, statuses)
}

// addStage puts a result into a request as a named context, for each platform.
func addStage(ctx context.Context, request *gateway.SolveRequest, name string, result *gateway.Result) error {
	refs := map[string]gateway.Reference{}
	for platform, ref := range result.Refs {
		refs["::"+platform] = ref
	}
	if len(refs) == 0 {
		refs[""] = result.Ref
	}
	for suffix, ref := range refs {
		input := name + suffix
		request.FrontendOpt["context:"+input] = "docker-image://scratch"
		if ref != nil { // one that is nothing has none
			state, err := ref.ToState()
			if err != nil {
				return err
			}
			definition, err := state.Marshal(ctx)
			if err != nil {
				return err
			}
			request.FrontendInputs[input] = definition.ToPB()
			request.FrontendOpt["context:"+input] = "input:" + input
		}
		config, known := result.Metadata[exptypes.ExporterImageConfigKey+strings.Replace(suffix, "::", "/", 1)]
		if !known {
			continue
		}
		metadata, err := json.Marshal(map[string][]byte{exptypes.ExporterImageConfigKey: config})
		if err != nil {
			return err
		}
		request.FrontendOpt["input-metadata:"+input] = string(metadata)
	}
	return nil
}
