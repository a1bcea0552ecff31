package solveopt

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/regular"
)

// CacheExports are the caches that the build exports.
func CacheExports(p plan.Build) []client.CacheOptionsEntry {
	entries := make([]client.CacheOptionsEntry, 0, len(p.CacheTo))
	for _, cache := range p.CacheTo {
		entries = append(entries, cacheEntry(cache))
	}
	return entries
}

// CacheImports leaves out directories that hold no cache yet, as on the first
// run of a workflow: BuildKit's client would make them, in the workspace.
func CacheImports(p plan.Build, log io.Writer) []client.CacheOptionsEntry {
	entries := make([]client.CacheOptionsEntry, 0, len(p.CacheFrom))
	for _, cache := range p.CacheFrom {
		if cache.Type == inputs.CacheLocal {
			if err := regular.Check(filepath.Join(cache.Attrs["src"], "index.json")); err != nil {
				fmt.Fprintf(log, "importing no cache from %s: %v\n", cache.Attrs["src"], err)
				continue
			}
		}
		entries = append(entries, cacheEntry(cache))
	}
	return entries
}

// cacheEntry copies the attributes: BuildKit's client adds to them.
func cacheEntry(cache inputs.Cache) client.CacheOptionsEntry {
	attrs := maps.Clone(cache.Attrs)
	for key, secret := range cache.Secrets {
		attrs[key] = secret.Reveal()
	}
	return client.CacheOptionsEntry{Type: string(cache.Type), Attrs: attrs}
}
