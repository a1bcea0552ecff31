package action

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/report"
)

// watchWithin is how long it is asked who can read what was published. The image
// is there, whatever the answer.
const watchWithin = 3 * time.Second

// watcher learns, while the tags are moved, who can read the images that a run
// watches.
type watcher struct {
	run       run
	publisher *publish.Publisher

	once sync.Once
	done sync.WaitGroup
	seen []plan.Seen // one for each image
}

// beside asks for permission and, at the same time, whether a package that is
// there already is what is required.
func (w *watcher) beside(ctx context.Context, permit func(context.Context) error) error {
	watch := w.run.plan.Watch
	if watch.Required == "" || len(watch.Images) == 0 {
		return permit(ctx)
	}
	refusals := make([]error, len(watch.Images)+1)
	var group sync.WaitGroup
	group.Go(func() { refusals[0] = permit(ctx) })
	for i, image := range watch.Images {
		group.Go(func() {
			known, _ := w.ask(ctx, image) // who does not know will see after the push
			refusals[i+1] = watch.Refuse(image, known)
		})
	}
	group.Wait()
	return errors.Join(refusals...)
}

// ask asks GitHub about a package of its own.
func (w *watcher) ask(ctx context.Context, image name.Repository) (plan.Package, error) {
	if !w.run.plan.Watch.Ours(image) {
		return plan.Package{}, nil
	}
	return w.run.source.Package(ctx, w.run.facts, image.RepositoryStr())
}

// begin looks, once the image with this digest is in every repository, and returns
// at once. It does nothing when it is called again.
func (w *watcher) begin(ctx context.Context, digest v1.Hash) {
	w.once.Do(func() {
		images := w.run.plan.Watch.Images
		w.seen = make([]plan.Seen, len(images))
		for i, image := range images {
			w.done.Go(func() { w.seen[i] = w.look(ctx, image, digest) })
		}
	})
}

func (w *watcher) look(ctx context.Context, image name.Repository, digest v1.Hash) plan.Seen {
	ctx, cancel := context.WithTimeout(ctx, watchWithin)
	defer cancel()
	seen := plan.Seen{Image: image}
	var group sync.WaitGroup
	group.Go(func() {
		seen.Package, _ = w.ask(ctx, image) // a page may be there only some minutes later
	})
	seen.Public, seen.Unmeasured = w.publisher.Public(ctx, image, digest)
	seen.Measured = seen.Unmeasured == nil
	group.Wait()
	return seen
}

// tell adds to the outcome who can read what was published, says what the author
// should know of it, and returns an error where it is not what is required.
func (w *watcher) tell(ctx context.Context, r *report.Reporter, o *report.Outcome) error {
	if !o.Pushed {
		return nil
	}
	w.begin(ctx, o.Digest)
	w.done.Wait()
	watch := w.run.plan.Watch
	for _, seen := range w.seen {
		if seen.Image == w.run.plan.Build.Repositories()[0] {
			o.Visibility, o.PackageURL = string(seen.Visibility()), watch.Page(seen.Image, seen.Package)
		}
	}
	verdict := watch.Judge(w.seen)
	for _, notice := range verdict.Notices {
		r.Notice(notice)
	}
	for _, warning := range verdict.Warnings {
		r.Warning("", 0, warning)
	}
	return verdict.Err
}
