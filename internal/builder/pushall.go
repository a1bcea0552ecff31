package builder

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/registry"
)

// PushAll pushes the image that a build has left in the engine's store under the
// first of these tags: as that one, and then as each of the others, in their
// order. It stops at the first that fails. It returns the digest that the engine
// says for all of them, and the tags that were pushed, also with an error. It is
// for builders whose BuildKit cannot push by digest; of others it is an error.
func (b *Builder) PushAll(ctx context.Context, tags []name.Tag, credentials registry.Credentials) (v1.Hash, []name.Tag, error) {
	if b.images == nil {
		return v1.Hash{}, nil, fmt.Errorf("pushing %s: %s has no engine that pushes", tags[0], b.Name)
	}
	if err := b.images.tag(ctx, tags[0], tags[1:]); err != nil {
		return v1.Hash{}, nil, fmt.Errorf("naming the image for %s: %w", b.Name, err)
	}
	var digest v1.Hash
	for i, tag := range tags {
		pushed, err := b.Push(ctx, tag, credentials)
		if err == nil && i > 0 && pushed != digest {
			err = fmt.Errorf("pushing %s with %s: the engine answers %s, and %s before", tag, b.Name, pushed, digest)
		}
		if err != nil {
			b.images.untag(ctx, tags[i:])
			return digest, tags[:i], err
		}
		digest = pushed
	}
	return digest, tags, nil
}

// engineStore is the image store of an engine whose BuildKit cannot push.
type engineStore struct{ docker *moby.Client }

// tag gives an image more tags: a push takes its own out of the store.
func (e *engineStore) tag(ctx context.Context, image name.Tag, more []name.Tag) error {
	for _, tag := range more {
		if _, err := e.docker.ImageTag(ctx, moby.ImageTagOptions{Source: image.Name(), Target: tag.Name()}); err != nil {
			e.untag(ctx, append([]name.Tag{image}, more...))
			return err
		}
	}
	return nil
}

// untag takes tags out of the store, and the image with the last of them. One
// that is not there is no matter.
func (e *engineStore) untag(ctx context.Context, tags []name.Tag) {
	for _, tag := range tags {
		_, _ = e.docker.ImageRemove(context.WithoutCancel(ctx), tag.Name(), moby.ImageRemoveOptions{})
	}
}
