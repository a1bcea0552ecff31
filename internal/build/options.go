package build

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry"
)

// solveOpt translates a plan for BuildKit. What goes wrong with a file while
// BuildKit reads it is told to fail.
func solveOpt(p plan.Build, credentials registry.Credentials, stores bool, fail func(error)) (client.SolveOpt, error) {
	directories, err := mounts(p, fail)
	if err != nil {
		return client.SolveOpt{}, err
	}
	attached, err := attachables(p, credentials)
	if err != nil {
		return client.SolveOpt{}, err
	}
	return client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: frontendAttrs(p),
		LocalMounts:   directories,
		SharedKey:     p.Key,
		Session:       attached,
		Exports:       exports(p.PushTo, stores),
		// No record in the builder's history: nobody asks for it here, and
		// writing it takes BuildKit longer than a cached build.
		Internal: true,
	}, nil
}

func attachables(p plan.Build, credentials registry.Credentials) ([]session.Attachable, error) {
	server, err := newAuthServer(credentials)
	if err != nil {
		return nil, err
	}
	attached := []session.Attachable{server}
	if len(p.Secrets) > 0 {
		values := make(map[string][]byte, len(p.Secrets))
		for id, secret := range p.Secrets {
			values[id] = []byte(secret.Reveal())
		}
		attached = append(attached, secretsprovider.FromMap(values))
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
		attrs["platform"] = joinPlatforms(p.Platforms)
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
	for key, value := range p.Labels {
		attrs["label:"+key] = value
	}
	return attrs
}

func joinPlatforms(platforms []v1.Platform) string {
	texts := make([]string, len(platforms))
	for i, p := range platforms {
		texts[i] = p.String()
	}
	return strings.Join(texts, ",")
}

// exports asks for a push by digest: no name in the registry changes until the
// tags are moved. Without repositories nothing is exported, and BuildKit runs
// the build for its own sake.
func exports(to []name.Repository, stores bool) []client.ExportEntry {
	if len(to) == 0 {
		return nil
	}
	names := make([]string, len(to))
	for i, repo := range to {
		names[i] = repo.Name()
	}
	attrs := map[string]string{
		"name":           strings.Join(names, ","),
		"push":           "true",
		"push-by-digest": "true",
		"name-canonical": "true",
		"oci-mediatypes": "true",
	}
	if stores {
		attrs["store"] = "false"
	}
	return []client.ExportEntry{{Type: client.ExporterImage, Attrs: attrs}}
}
