package build

import (
	"maps"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/plan"
)

// solveOpt translates a plan for BuildKit. What goes wrong with a file while
// BuildKit reads it is told to files.
func solveOpt(r Request, b *builder.Builder, loading *builder.Loading, files *sending) (client.SolveOpt, error) {
	p := r.Plan
	directories, err := mounts(p, files)
	if err != nil {
		return client.SolveOpt{}, err
	}
	stores, err := layouts(p)
	if err != nil {
		return client.SolveOpt{}, err
	}
	attached, err := attachables(r)
	if err != nil {
		return client.SolveOpt{}, err
	}
	attrs := frontendAttrs(p)
	maps.Copy(attrs, attestationAttrs(p.Attestations, inlineOnly(p, b.Load)))
	caches := cacheExports(p)
	if r.cacheKept {
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
		CacheImports:  cacheImports(p, r.Log),

		AllowedEntitlements: entitlements(p.Sandbox),
		// No record in the builder's history, unless it is asked for (recorded):
		// writing it takes BuildKit longer than a cached build.
		Internal: true,
	}, nil
}

func attachables(r Request) ([]session.Attachable, error) {
	server, err := newAuthServer(r.Registries, r.Permitted)
	if err != nil {
		return nil, err
	}
	attached := []session.Attachable{server}
	if len(r.Plan.Secrets) > 0 {
		values := make(map[string][]byte, len(r.Plan.Secrets))
		for id, secret := range r.Plan.Secrets {
			values[id] = []byte(secret.Reveal())
		}
		attached = append(attached, secretsprovider.FromMap(values))
	}
	if len(r.Plan.SSH) > 0 {
		agents, err := sshAgents(r.Plan.SSH)
		if err != nil {
			return nil, err
		}
		attached = append(attached, agents)
	}
	return attached, nil
}

// frontendAttrs are the options of BuildKit's Dockerfile frontend
// (https://github.com/moby/buildkit/blob/v0.33.1/frontend/dockerfile/docs/reference.md).
func frontendAttrs(p plan.Build) map[string]string {
	attrs := map[string]string{"filename": filepath.Base(p.Dockerfile)}
	if p.Target != "" {
		attrs["target"] = p.Target
	}
	if len(p.Platforms) > 0 {
		attrs["platform"] = plan.ListPlatforms(p.Platforms)
	}
	if p.NoCache || len(p.NoCacheFilters) > 0 {
		attrs["no-cache"] = strings.Join(p.NoCacheFilters, ",")
	}
	if p.NoCache {
		attrs["no-cache"] = ""
	}
	if p.Pull {
		attrs["image-resolve-mode"] = "pull"
	}
	if !p.Epoch.IsZero() {
		// Times in the image's config and history
		// (https://reproducible-builds.org/docs/source-date-epoch/).
		attrs["build-arg:SOURCE_DATE_EPOCH"] = strconv.FormatInt(p.Epoch.Unix(), 10)
	}
	for key, value := range p.Args {
		attrs["build-arg:"+key] = value
	}
	for key, value := range p.Proxies {
		attrs["build-arg:"+key] = value.Reveal()
	}
	for key, value := range p.Labels {
		attrs["label:"+key] = value
	}
	return attrs
}

// exports asks for a push by digest: no name in the registry changes until the
// tags are moved. A builder that cannot do that leaves the image in its engine's
// store, from where the engine pushes it. Without repositories that take an image
// by its digest nothing is exported, and BuildKit runs the build for its own sake.
func exports(p plan.Build, b *builder.Builder) []client.ExportEntry {
	if len(p.Repositories()) > 0 && !b.PushByDigest {
		return []client.ExportEntry{{Type: "moby", Attrs: map[string]string{"name": b.Stored()}}}
	}
	if len(p.PushTo) == 0 {
		return nil
	}
	names := make([]string, len(p.PushTo))
	for i, repo := range p.PushTo {
		names[i] = repo.Name()
	}
	attrs := map[string]string{
		"name":           strings.Join(names, ","),
		"push":           "true",
		"push-by-digest": "true",
		"name-canonical": "true",
		"oci-mediatypes": ociMediaTypes(p),
	}
	maps.Copy(attrs, annotationAttrs(p))
	maps.Copy(attrs, p.ImageOptions)
	maps.Copy(attrs, fileTimeAttrs(p))
	if b.Stores {
		attrs["store"] = "false"
	}
	return []client.ExportEntry{{Type: client.ExporterImage, Attrs: attrs}}
}

// ociMediaTypes tells whether the manifest has OCI's media types: else it has
// Docker's, which are all that some registries know.
func ociMediaTypes(p plan.Build) string { return strconv.FormatBool(len(p.ByTag) == 0) }
