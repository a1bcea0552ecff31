package action

import (
	"maps"
	"slices"

	"github.com/slipway-build/slipway/internal/image"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/report"
)

// compare adds to the outcome what the platforms weigh, and what a tag held before.
func compare(o *report.Outcome, image image.Image, held before) {
	if !o.Pushed {
		return
	}
	o.Against = held.tag
	now := weights(image)
	for _, platform := range slices.Sorted(maps.Keys(o.Platforms)) {
		one := report.Size{Platform: platform, Digest: o.Platforms[platform], Bytes: now[platform]}
		if len(image.Platforms) == 0 {
			one.Bytes = image.Size
		}
		one.Before, one.New = held.of(platform, len(o.Platforms) == 1)
		o.Sizes = append(o.Sizes, one)
	}
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
		size, there := weights(b.image)[platform]
		return size, !there
	case only:
		return b.image.Size, false
	}
	return 0, false
}

// weights are the sizes of an index's platforms.
func weights(image image.Image) map[string]int64 {
	all := make(map[string]int64, len(image.Platforms))
	for _, one := range image.Platforms {
		all[one.Platform.String()] = one.Size
	}
	return all
}
