package build

import (
	"slices"

	"github.com/moby/buildkit/client"
)

// inlineCache is a cache that is part of the image.
const inlineCache = "inline"

// onlyInline leaves of the exports of the cache the one that the image would not
// be the same without.
func onlyInline(exports []client.CacheOptionsEntry) []client.CacheOptionsEntry {
	return slices.DeleteFunc(slices.Clone(exports), func(one client.CacheOptionsEntry) bool { return !isInline(one) })
}

func isInline(export client.CacheOptionsEntry) bool { return export.Type == inlineCache }
