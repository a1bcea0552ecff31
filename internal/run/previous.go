package run

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/plan"
)

// previous learns, while the image is built, what a tag held before this run: the
// first tag that is there already. It is for the summary alone.
type previous struct {
	held  *pending.Answer[before] // nil where nobody asks
	sizes *pending.Answer[before] // the same, with what the platforms of an index weigh
}

// before is what a tag held.
type before struct {
	known bool     // whether there was any of the tags
	tag   name.Tag // the one there was; zero where there was none
	image image.Image
}

var errNotAsked = errors.New("a registry that only the builder reaches is not asked")

// lookBack asks as soon as the registries let us in, and returns at once.
func (r *Run) lookBack(ctx context.Context, a *access) previous {
	tags := r.plan.Publish.Previous()
	if len(tags) == 0 || !r.report.Detailed() {
		return previous{}
	}
	held := pending.Begin(ctx, 0, func(ctx context.Context) (before, error) {
		way, err := a.answer.Wait(ctx)
		if err != nil || way.onlyBuilder {
			return before{}, errors.Join(err, errNotAsked)
		}
		return r.askHeld(ctx, tags)
	})
	return previous{held: held, sizes: pending.Begin(ctx, 0, func(ctx context.Context) (before, error) {
		found, err := held.Wait(ctx)
		if err != nil {
			return before{}, err
		}
		ctx, cancel := context.WithTimeout(ctx, plan.PreviousWithin)
		defer cancel()
		found.image = r.publisher.Weigh(ctx, found.tag.Repository, found.image) // what is under a digest stays
		return found, nil
	})}
}

func (r *Run) askHeld(ctx context.Context, tags []name.Tag) (before, error) {
	ctx, cancel := context.WithTimeout(ctx, plan.PreviousWithin)
	defer cancel()
	for _, tag := range tags {
		held, there, err := r.publisher.Held(ctx, tag)
		if err != nil {
			return before{}, err
		}
		if there {
			return before{known: true, tag: tag, image: held}, nil
		}
	}
	return before{known: true}, nil
}

// now returns what is known by now, which may still be weighed. It is called before
// any tag moves: what one answers afterwards may be new.
func (p previous) now() *pending.Answer[before] {
	if p.held == nil || !p.held.Come() || p.held.Failed() {
		return nil
	}
	return p.sizes
}
