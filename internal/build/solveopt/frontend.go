// Package solveopt translates a plan into the options of a BuildKit solve. It does no
// I/O but for a look whether a cache in a directory is there.
package solveopt

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/slipway-build/slipway/internal/plan"
)

// FrontendAttrs are the options of BuildKit's Dockerfile frontend
// (https://github.com/moby/buildkit/blob/v0.33.1/frontend/dockerfile/docs/reference.md).
func FrontendAttrs(p plan.Build) map[string]string {
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
