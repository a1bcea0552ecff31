package publish

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/registry"
)

// mostWeighed is how many platforms of somebody else's index are asked for.
const mostWeighed = 32

// Held reads the image that a tag holds now, in one request that is not tried
// again. Of an index it tells no sizes, which are Weigh's. It is false where there
// is no such tag.
func (p *Publisher) Held(ctx context.Context, tag name.Tag) (image.Image, bool, error) {
	options, err := p.transient(ctx, tag.Repository)
	if err != nil {
		return image.Image{}, false, err
	}
	found, err := remote.Get(tag, options...)
	if registry.NotFound(err) {
		return image.Image{}, false, nil
	}
	if err != nil {
		return image.Image{}, false, fmt.Errorf("reading the image under %s: %w", tag, err)
	}
	return image.Describe(found.Digest, found.Manifest), true, nil
}

// Weigh adds the sizes of the platforms, one request for each. One that it cannot
// learn stays 0, as do all of an index of more than mostWeighed.
func (p *Publisher) Weigh(ctx context.Context, repo name.Repository, found image.Image) image.Image {
	if len(found.Platforms) == 0 || len(found.Platforms) > mostWeighed {
		return found
	}
	if options, err := p.transient(ctx, repo); err == nil {
		weigh(repo, found.Platforms, options)
	}
	return found
}

// transient returns the options of a request that is not worth another attempt.
func (p *Publisher) transient(ctx context.Context, repo name.Repository) ([]remote.Option, error) {
	return p.options(registry.Once(ctx), repo)
}
