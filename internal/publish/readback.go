package publish

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/registry"
)

// ReadBack reads tags that somebody else has pushed: for a registry that gives an
// image by its tags alone. The digest is that of the bytes it answers with, because
// such a registry need not name one. The error is a *TagError.
func (p *Publisher) ReadBack(ctx context.Context, tags []name.Tag, digest v1.Hash) (image.Image, error) {
	found := make([]*remote.Descriptor, len(tags))
	errs := make([]error, len(tags))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, tag := range tags {
		group.Go(func() error {
			found[i], errs[i] = p.readBack(ctx, tag, digest)
			return nil
		})
	}
	_ = group.Wait() // every error is in errs
	if err := errors.Join(errs...); err != nil {
		var right []name.Tag
		for i, tag := range tags {
			if errs[i] == nil {
				right = append(right, tag)
			}
		}
		return image.Image{}, NewTagError(tags, right, err)
	}
	return image.Describe(digest, found[0].Manifest), nil
}

func (p *Publisher) readBack(ctx context.Context, tag name.Tag, digest v1.Hash) (answer *remote.Descriptor, err error) {
	options, err := p.options(ctx, tag.Repository)
	if err != nil {
		return nil, err
	}
	err = p.client.RetryPolicy.Again(ctx, func() (registry.RetryDecision, error) {
		answer, err = remote.Get(tag, options...)
		switch {
		case err != nil:
			return orLater(err, tooEarly(tag)), p.client.Explain(ctx, registry.Pulling, fmt.Sprintf("reading the tag %s back", tag), tag.Repository, err)
		case answer.Digest != digest:
			return tooEarly(tag), otherImage(tag, answer.Digest, digest)
		}
		return registry.RetryDecision{}, nil
	})
	return answer, err
}

// readPushed reads the manifest of an image that was pushed by its digest a moment ago.
// Registries of several machines may not know it for some seconds, and are asked again.
func (p *Publisher) readPushed(ctx context.Context, ref name.Digest) (pushed *remote.Descriptor, err error) {
	options, err := p.options(ctx, ref.Repository)
	if err != nil {
		return nil, err
	}
	late := registry.RetryDecision{Transient: true, Host: ref.RegistryStr(), Reason: fmt.Sprintf("the pushed image %s is not there yet", ref.DigestStr())}
	err = p.client.RetryPolicy.Again(ctx, func() (registry.RetryDecision, error) {
		if pushed, err = remote.Get(ref, options...); err == nil {
			return registry.RetryDecision{}, nil
		}
		return orLater(err, late), p.client.Explain(ctx, registry.Pulling, fmt.Sprintf("reading the pushed image %s", ref), ref.Repository, err)
	})
	return pushed, err
}

// orLater is late for what a registry does not know yet. Anything else lasts: requests
// that fail transiently were sent again already.
func orLater(err error, late registry.RetryDecision) registry.RetryDecision {
	if registry.NotFound(err) {
		return late
	}
	return registry.RetryDecision{}
}

// otherImage says that a tag is not at the image that it was moved to.
func otherImage(tag name.Tag, got, want v1.Hash) error {
	return fmt.Errorf("reading the tag %s back: the registry answers %s and not %s; another run may have moved it at the same time", tag, got, want)
}
