package publish

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/image"
)

// describe reads sizes and platforms out of the manifest, and for an index out
// of its children's. What cannot be read is left out: the tags have moved, and
// the image is published.
func (m *mover) describe(ctx context.Context, repo name.Repository) image.Image {
	manifest := m.manifests[repo]
	found := image.Describe(m.digest, manifest.Manifest)
	if len(found.Platforms) == 0 {
		return found
	}
	options, err := m.publisher.options(ctx, repo)
	if err != nil {
		return found
	}
	weigh(repo, found.Platforms, options)
	if len(found.Platforms) == 1 {
		found.Config = found.Platforms[0].Config
	}
	for _, child := range found.Platforms {
		if child.Size == 0 {
			found.Size = 0
			break
		}
		found.Size += child.Size
	}
	return found
}

// weigh asks the registry for the sizes of the platforms of an index.
func weigh(repo name.Repository, all []image.Platform, options []remote.Option) {
	var group errgroup.Group
	group.SetLimit(parallel)
	for i := range all {
		group.Go(func() error {
			if child, err := remote.Get(repo.Digest(all[i].Digest.String()), options...); err == nil {
				all[i].Config, all[i].Size = image.ReadManifest(child.Manifest)
			}
			return nil
		})
	}
	_ = group.Wait() // a size that cannot be read stays 0
}
