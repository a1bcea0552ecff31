package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway-build/slipway/internal/image"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/publish"
)

// tagStep moves some of the tags of a run.
type tagStep struct {
	tags []name.Tag
	move func(context.Context, []name.Tag) (image.Image, error)
}

// tagAll moves tags of which some are in repositories that take an image by a tag
// alone: the builder pushes those. A version of either kind moves before any tag
// that people follow.
func (t *tagger) tagAll(ctx context.Context, b *builder.Builder, built *build.Result, versions, floating []name.Tag) (image.Image, error) {
	byTag := func(ctx context.Context, tags []name.Tag) (image.Image, error) {
		return t.pushAndRead(ctx, b, built, tags)
	}
	all := slices.Concat(versions, floating)
	theirVersions, ourVersions := t.plan.Build.TakenByTag(versions)
	theirFloating, ourFloating := t.plan.Build.TakenByTag(floating)
	steps := []tagStep{{theirVersions, byTag}, {slices.Concat(ourVersions, ourFloating), func(ctx context.Context, _ []name.Tag) (image.Image, error) {
		return t.publisher.Tag(ctx, built.Digest, ourVersions, ourFloating)
	}}, {theirFloating, byTag}}
	if len(ourVersions)+len(ourFloating) == 0 {
		steps = []tagStep{{all, byTag}}
	}
	var found image.Image
	var moved []name.Tag
	for _, step := range steps {
		if len(step.tags) == 0 {
			continue
		}
		var err error
		if found, err = step.move(ctx, step.tags); err != nil {
			var broken *publish.TagError
			if errors.As(err, &broken) {
				moved, err = append(moved, broken.Moved...), broken.Unwrap()
			}
			return image.Image{}, publish.NewTagError(all, moved, err)
		}
		moved = append(moved, step.tags...)
	}
	return found, nil
}

// pushAndRead has the builder push tags, and reads them back. They must be at the
// image that was pushed before, where one was.
func (t *tagger) pushAndRead(ctx context.Context, b *builder.Builder, built *build.Result, tags []name.Tag) (image.Image, error) {
	before := built.Digest
	pushed, err := t.pushTags(ctx, b, built, tags)
	if err != nil {
		return image.Image{}, err
	}
	if before != (v1.Hash{}) && pushed.Digest != before {
		return image.Image{}, publish.NewTagError(tags, tags, fmt.Errorf("%s has pushed %s, and %s before: the image is not the same each time it is made; publish to one registry in each step", b.Name, pushed.Digest, before))
	}
	return t.publisher.ReadBack(ctx, tags, pushed.Digest)
}
