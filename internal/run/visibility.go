package run

import (
	"context"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

// visibility learns, while the tags are moved, who can read the images that a run
// watches.
type visibility struct {
	run  *Run
	once sync.Once
	seen *pending.Answer[[]visible.Seen] // one for each image
}

// begin looks, once the image with this digest is in every repository, and returns
// at once. It does nothing when it is called again.
func (v *visibility) begin(ctx context.Context, digest v1.Hash) {
	v.once.Do(func() {
		v.seen = pending.Begin(ctx, 0, func(ctx context.Context) ([]visible.Seen, error) {
			images := v.run.plan.Watch.Images
			seen := make([]visible.Seen, len(images))
			var group sync.WaitGroup
			for i, image := range images {
				group.Go(func() { seen[i] = v.run.look(ctx, image, digest) })
			}
			group.Wait()
			return seen, nil
		})
	})
}

// end returns what was seen of the image with this digest. It looks unless begin
// has.
func (v *visibility) end(ctx context.Context, digest v1.Hash) []visible.Seen {
	v.begin(ctx, digest)
	seen, err := v.seen.Wait(ctx)
	if err != nil { // the run is cancelled, and nobody has seen anything
		for _, image := range v.run.plan.Watch.Images {
			seen = append(seen, visible.Seen{Image: image, Unmeasured: err})
		}
	}
	return seen
}

// look asks GitHub and the registry about one image.
func (r *Run) look(ctx context.Context, image name.Repository, digest v1.Hash) visible.Seen {
	ctx, cancel := context.WithTimeout(ctx, plan.VisibilityWithin)
	defer cancel()
	seen := visible.Seen{Image: image}
	var group sync.WaitGroup
	group.Go(func() {
		seen.Package, _ = r.askPackage(ctx, image) // a page may be there only some minutes later
	})
	seen.Public, seen.Unmeasured = r.publisher.Public(ctx, image, digest)
	seen.Measured = seen.Unmeasured == nil
	group.Wait()
	return seen
}

// askPackage asks GitHub about a package of its own.
func (r *Run) askPackage(ctx context.Context, image name.Repository) (visible.Package, error) {
	if !r.plan.Watch.Ours(image) {
		return visible.Package{}, nil
	}
	return r.source.Package(ctx, r.facts, image.RepositoryStr())
}
