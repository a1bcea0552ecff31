package run

import (
	"context"
	"maps"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/report"
)

// sizes are what the platforms of an outcome weigh, and had weighed under the tag that
// is returned. It waits for sizes that are still asked for.
func sizes(ctx context.Context, o report.Outcome, published image.Image, asked *pending.Answer[before]) (all []report.Size, against name.Tag) {
	var held before
	if asked != nil {
		held, _ = asked.Wait(ctx) // what is not known is left out
	}
	now := published.Sizes()
	for _, platform := range slices.Sorted(maps.Keys(o.Platforms)) {
		one := report.Size{Platform: platform, Digest: o.Platforms[platform], Bytes: now[platform]}
		if len(published.Platforms) == 0 {
			one.Bytes = published.Size
		}
		one.Before, one.New = held.of(platform, len(o.Platforms) == 1)
		all = append(all, one)
	}
	return all, held.tag
}

// of returns what a platform, which may be the only one now, had weighed, or
// whether it was not there. A single manifest does not say its platform.
func (b before) of(platform string, only bool) (size int64, isNew bool) {
	switch {
	case !b.known:
		return 0, false
	case b.tag == name.Tag{}:
		return 0, true
	case len(b.image.Platforms) > 0:
		size, there := b.image.Sizes()[platform]
		return size, !there
	case only:
		return b.image.Size, false
	}
	return 0, false
}
