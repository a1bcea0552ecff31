// Package image says what a published image is: what a build has pushed, a registry
// holds and a report tells. It knows go-containerregistry's types alone.
package image

import (
	"bytes"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Image is what a registry holds under a digest.
type Image struct {
	Digest v1.Hash // of the manifest or index; zero where there is none
	Config v1.Hash // of a single platform, also in an index; zero where there are several, or it is not known
	Size   int64   // bytes of configs and layers as stored, of all platforms; 0 where it is not known
	// Platforms has one entry for each platform of an index, and is empty for a
	// single manifest, which does not say its platform.
	Platforms []Platform
}

// Platform is one platform's image in an index.
type Platform struct {
	Platform v1.Platform
	Digest   v1.Hash
	Config   v1.Hash // zero where it is not known
	Size     int64   // bytes as stored; 0 where it is not known
}

// Part is what one builder has pushed by its digest to every repository: a
// manifest, or an index where it is of several platforms or has attestations.
type Part struct {
	Platforms []v1.Platform // that it is of
	Digest    v1.Hash
}

// Describe reads what a manifest or index tells by itself: the size of the one,
// and the platforms of the other. Of no bytes it knows nothing but the digest.
func Describe(digest v1.Hash, raw []byte) Image {
	image := Image{Digest: digest}
	image.Config, image.Size = ReadManifest(raw)
	index, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return image
	}
	for _, d := range index.Manifests {
		// Attestations, which BuildKit keeps there with an unknown platform,
		// are left out.
		if d.Platform != nil && d.Platform.OS != "unknown" {
			image.Platforms = append(image.Platforms, Platform{Platform: *d.Platform, Digest: d.Digest})
		}
	}
	return image
}

// ReadManifest returns the digest of a manifest's config, and adds up the sizes
// of what it names, in bytes. Both are zero where it cannot be read, because a
// published image is published even if that is not known.
func ReadManifest(raw []byte) (config v1.Hash, size int64) {
	manifest, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return v1.Hash{}, 0
	}
	size = manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return manifest.Config.Digest, size
}

// Sizes are those of an index's platforms, in bytes, by platform such as linux/arm64.
func (i Image) Sizes() map[string]int64 {
	all := make(map[string]int64, len(i.Platforms))
	for _, one := range i.Platforms {
		all[one.Platform.String()] = one.Size
	}
	return all
}
