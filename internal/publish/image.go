package publish

import (
	"bytes"
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// Image is what a registry holds now.
type Image struct {
	Digest v1.Hash
	Config v1.Hash // of a single platform, also in an index; zero where there are several, or it is not known
	Size   int64   // bytes of configs and layers as stored, of all platforms; 0 where it is not known
	// Platforms has one entry for each platform of an index, and is empty for a
	// single manifest, which does not say its platform.
	Platforms []PlatformImage
}

// PlatformImage is one platform's image in an index.
type PlatformImage struct {
	Platform v1.Platform
	Digest   v1.Hash
	Config   v1.Hash // zero where it is not known
	Size     int64   // bytes as stored; 0 where it is not known
}

// describe reads sizes and platforms out of the manifest, and for an index out
// of its children's. What cannot be read is left out: the tags have moved, and
// the image is published.
func (m *mover) describe(ctx context.Context, repo name.Repository) Image {
	manifest := m.manifests[repo]
	image := Describe(m.digest, manifest.Manifest)
	if len(image.Platforms) == 0 {
		return image
	}
	options, err := m.publisher.options(ctx, repo)
	if err != nil {
		return image
	}
	weigh(repo, image.Platforms, options)
	if len(image.Platforms) == 1 {
		image.Config = image.Platforms[0].Config
	}
	for _, child := range image.Platforms {
		if child.Size == 0 {
			image.Size = 0
			break
		}
		image.Size += child.Size
	}
	return image
}

// Describe reads what a manifest or index tells by itself: the size of the one,
// and the platforms of the other. Of no bytes it knows nothing but the digest.
func Describe(digest v1.Hash, raw []byte) Image {
	image := Image{Digest: digest}
	image.Config, image.Size = readManifest(raw)
	index, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return image
	}
	for _, d := range index.Manifests {
		// Attestations, which BuildKit keeps there with an unknown platform,
		// are left out.
		if d.Platform != nil && d.Platform.OS != "unknown" {
			image.Platforms = append(image.Platforms, PlatformImage{Platform: *d.Platform, Digest: d.Digest})
		}
	}
	return image
}

// weigh asks the registry for the sizes of the platforms of an index.
func weigh(repo name.Repository, all []PlatformImage, options []remote.Option) {
	var group errgroup.Group
	group.SetLimit(parallel)
	for i := range all {
		group.Go(func() error {
			if child, err := remote.Get(repo.Digest(all[i].Digest.String()), options...); err == nil {
				all[i].Config, all[i].Size = readManifest(child.Manifest)
			}
			return nil
		})
	}
	_ = group.Wait() // a size that cannot be read stays 0
}

// readManifest returns the digest of a manifest's config, and adds up the sizes
// of what it names. Both are zero where it cannot be read, because a published
// image is published even if that is not known.
func readManifest(raw []byte) (config v1.Hash, size int64) {
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
