package run

import (
	"cmp"
	"context"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
)

// Tagged is what is published.
type Tagged struct {
	Image   image.Image    // its Digest is zero where nothing is
	Answers []build.Answer // of the builder, as of the last time that it made the image
}

// tag moves the tags as the route says. The error is a *publish.TagError where some
// were to move.
func (r *Run) tag(ctx context.Context, made Made, moving Moving, placed image.Image) (Tagged, error) {
	defer moving.end()
	done := Tagged{Image: placed, Answers: made.Answers}
	if moving.Route.Found {
		found, err := r.images.Find(ctx, r.plan.Build.PushTo[0], placed.Digest)
		found.Config = cmp.Or(placed.Config, found.Config)
		done.Image = found
		return done, err
	}
	var moved []name.Tag
	for _, move := range moving.Route.Moves {
		one, err := r.mover(made, move.By).Move(ctx, done.Image, move)
		moved = append(moved, one.Tags...)
		if err != nil {
			return Tagged{}, publish.NewTagError(moving.Route.Tags(), moved, err)
		}
		done.Image = one.Image
		if one.Answers != nil {
			done.Answers = one.Answers
		}
	}
	return done, nil
}

func (r *Run) mover(made Made, by plan.Mover) mover {
	if by == plan.ByRegistry {
		return registryMover{r.images}
	}
	return made.movers[by]
}
