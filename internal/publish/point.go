package publish

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/registry"
)

// point puts the manifest under a tag and reads it back.
func (m *mover) point(ctx context.Context, tag name.Tag) error {
	options, err := m.publisher.options(ctx, tag.Repository)
	if err != nil {
		return err
	}
	if err := remote.Tag(tag, m.manifests[tag.Repository], options...); err != nil {
		err = m.publisher.client.Explain(ctx, registry.Pushing, fmt.Sprintf("moving the tag %s", tag), tag.Repository, err)
		if ctx.Err() == nil && m.isThere(tag, err, options) {
			return nil
		}
		return err
	}
	return m.readBack(ctx, tag, options)
}

// isThere tells whether a tag is where it was to go although the registry says
// that it could not be put: the answer to a first attempt may have been lost, and
// the second refused by a registry whose tags stay where they are. One that denies
// is not asked.
func (m *mover) isThere(tag name.Tag, err error, options []remote.Option) bool {
	if refused := (*registry.Error)(nil); errors.As(err, &refused) && refused.Denied {
		return false
	}
	digest, err := ask(tag, options)
	return err == nil && digest == m.digest
}

// readBack makes sure of where a tag is. Registries of several machines may answer
// for a moment with what was there before, and are asked again.
func (m *mover) readBack(ctx context.Context, tag name.Tag, options []remote.Option) error {
	doing, late := fmt.Sprintf("reading the tag %s back", tag), tooEarly(tag)
	return m.publisher.client.RetryPolicy.Again(ctx, func() (registry.RetryDecision, error) {
		digest, err := ask(tag, options)
		switch {
		case err != nil:
			return orLater(err, late), m.publisher.client.Explain(ctx, registry.Pulling, doing, tag.Repository, err)
		case digest != m.digest:
			return late, otherImage(tag, digest, m.digest)
		}
		return registry.RetryDecision{}, nil
	})
}

// tooEarly is what it is worth to ask again for a tag that was moved a moment ago.
func tooEarly(tag name.Tag) registry.RetryDecision {
	return registry.RetryDecision{Transient: true, Host: tag.RegistryStr(), Reason: fmt.Sprintf("the tag %s is not yet at the new image", tag.TagStr())}
}

// ask returns the digest that a registry answers for a tag. Where its answer to HEAD
// is of no use, GET is asked: it names no digest there, or it refuses, and why is only
// in the answer to a GET.
func ask(tag name.Tag, options []remote.Option) (v1.Hash, error) {
	head, err := remote.Head(tag, options...)
	if err == nil {
		return head.Digest, nil
	}
	if unanswered := (*url.Error)(nil); registry.NotFound(err) || errors.As(err, &unanswered) {
		return v1.Hash{}, err
	}
	got, err := remote.Get(tag, options...)
	if err != nil {
		return v1.Hash{}, err
	}
	return got.Digest, nil
}
