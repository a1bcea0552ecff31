package build

import (
	"maps"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/build/session"
	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/builder"
)

// solveOpt translates a plan for BuildKit. What goes wrong with a file while
// BuildKit reads it is told to files.
func solveOpt(a attempt, b *builder.Builder, loading *builder.Loading, files *session.Sending) (client.SolveOpt, error) {
	p := a.Plan
	directories, err := session.Mounts(p, files)
	if err != nil {
		return client.SolveOpt{}, err
	}
	stores, err := session.Layouts(p)
	if err != nil {
		return client.SolveOpt{}, err
	}
	attached, err := session.Attachables(a.Plan, a.Registries, a.Permitted)
	if err != nil {
		return client.SolveOpt{}, err
	}
	attrs := solveopt.FrontendAttrs(p)
	maps.Copy(attrs, solveopt.AttestationAttrs(p.Attestations, solveopt.InlineOnly(p, b.Load)))
	caches := solveopt.CacheExports(p)
	if a.cacheKept {
		caches = solveopt.OnlyInline(caches)
	}
	maps.Copy(attrs, solveopt.ContextAttrs(p))
	maps.Copy(attrs, solveopt.SandboxAttrs(p.Sandbox, b.HostGateway))
	return client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: attrs,
		LocalMounts:   directories,
		OCIStores:     stores,
		SharedKey:     p.Key,
		Session:       attached,
		Exports:       solveopt.Exports(p, b, loading),
		CacheExports:  caches,
		CacheImports:  solveopt.CacheImports(p, a.Log),

		AllowedEntitlements: solveopt.Entitlements(p.Sandbox),
		// No record in the builder's history, unless it is asked for (recorded):
		// writing it takes BuildKit longer than a cached build.
		Internal: true,
	}, nil
}
