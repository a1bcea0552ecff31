package run

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
)

// place brings the whole image under its digest into every repository, as far as the
// route has it there before the tags.
func (r *Run) place(ctx context.Context, made Made, moving Moving) (placed image.Image, err error) {
	placed.Config = made.Image.Config
	switch moving.Route.Place {
	case plan.PlacedNowhere:
	case plan.PlacedByBuild:
		placed.Digest = made.Image.Digest
	case plan.PlacedAsIndex:
		placed.Digest, err = r.images.Assemble(ctx, r.plan.Build.PushTo, r.plan.Build.Platforms, r.plan.Build.IndexAnnotations(), made.Parts)
	case plan.PlacedByTag:
		placed.Digest, err = r.placeByTag(ctx, made, moving)
	}
	if err == nil && moving.Route.TagsApart() {
		r.visibility.begin(ctx, placed.Digest)
	}
	return placed, err
}

// placeByTag has the engine push the first tag, and makes sure that what the registry
// holds under the digest that the engine says is what was built. Only then do other
// tags move.
func (r *Run) placeByTag(ctx context.Context, made Made, moving Moving) (v1.Hash, error) {
	tags := moving.Route.Tags()
	pushed, err := made.movers[plan.ByEngine].Move(ctx, made.Image, plan.Move{By: plan.ByEngine, Versions: tags[:1]})
	if err != nil {
		return v1.Hash{}, err
	}
	digest := pushed.Image.Digest
	r.images.LookAhead(ctx, digest, tags)
	found, err := r.images.Find(ctx, tags[0].Repository, digest)
	if err == nil && found.Config != made.Image.Config {
		err = fmt.Errorf("pushing %s with %s: the registry holds the image %s under the digest %s that the engine says, and %s was built; run this again", tags[0], made.ByName, found.Config, digest, made.Image.Config)
	}
	return digest, err
}
