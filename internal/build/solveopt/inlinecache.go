package solveopt

import (
	"slices"

	"github.com/moby/buildkit/client"
)

// InlineCache is a cache that is part of the image.
const InlineCache = "inline"

// OnlyInline leaves of the exports of the cache the one that the image would not
// be the same without.
func OnlyInline(exports []client.CacheOptionsEntry) []client.CacheOptionsEntry {
	return slices.DeleteFunc(slices.Clone(exports), func(one client.CacheOptionsEntry) bool { return !IsInline(one) })
}

// IsInline tells whether a cache is part of the image.
func IsInline(export client.CacheOptionsEntry) bool { return export.Type == InlineCache }
