package build

import (
	"maps"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder"
)

// solveOpt translates a plan for BuildKit. What goes wrong with a file while
// BuildKit reads it is told to files.
func solveOpt(a attempt, b *builder.Builder, loading *builder.Loading, files *sending) (client.SolveOpt, error) {
	p := a.Plan
	directories, err := mounts(p, files)
	if err != nil {
		return client.SolveOpt{}, err
	}
	stores, err := layouts(p)
	if err != nil {
		return client.SolveOpt{}, err
	}
	attached, err := attachables(a.Request)
	if err != nil {
		return client.SolveOpt{}, err
	}
	attrs := frontendAttrs(p)
	maps.Copy(attrs, attestationAttrs(p.Attestations, inlineOnly(p, b.Load)))
	caches := cacheExports(p)
	if a.cacheKept {
		caches = onlyInline(caches)
	}
	maps.Copy(attrs, contextAttrs(p))
	maps.Copy(attrs, sandboxAttrs(p.Sandbox, b.HostGateway))
	return client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: attrs,
		LocalMounts:   directories,
		OCIStores:     stores,
		SharedKey:     p.Key,
		Session:       attached,
		Exports:       allExports(p, b, loading),
		CacheExports:  caches,
		CacheImports:  cacheImports(p, a.Log),

		AllowedEntitlements: entitlements(p.Sandbox),
		// No record in the builder's history, unless it is asked for (recorded):
		// writing it takes BuildKit longer than a cached build.
		Internal: true,
	}, nil
}
