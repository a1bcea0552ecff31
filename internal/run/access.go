package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
)

// access is the registries' answer to whether this run may push. It is asked for
// while the build starts, which waits for it where it would need it.
type access struct {
	here    *pending.Answer[fromHere]
	answer  *pending.Answer[reached] // an error: no
	builder chan *builder.Builder    // takes the builder, when there is one
}

// fromHere is what registries say to this process.
type fromHere struct {
	far      *publish.UnreachableError // those that it cannot reach; nil: none
	refusals error
}

// reached says how registries are reached.
type reached struct {
	onlyBuilder bool // one of them by the builder alone
}

// ask asks every registry whether this run may push there, and the builder whether
// it reaches one that we do not. It returns at once.
func (r *Run) ask(ctx context.Context) *access {
	a := &access{builder: make(chan *builder.Builder, 1)}
	a.here = pending.Begin(ctx, 0, func(ctx context.Context) (fromHere, error) { return r.askFromHere(ctx), nil })
	a.answer = pending.Begin(ctx, 0, func(ctx context.Context) (reached, error) {
		here, err := a.here.Wait(ctx)
		if err != nil || here.far == nil {
			return reached{}, errors.Join(here.refusals, err)
		}
		unseen := r.plan.Watch.Unseen(here.far.Repositories)
		return reached{onlyBuilder: true}, errors.Join(unseen, r.askBuilder(ctx, a.builder, here.far), here.refusals)
	})
	return a
}

// unreached tells whether it is known by now that a registry cannot be reached from
// here.
func (a *access) unreached(ctx context.Context) bool {
	if !a.here.Come() {
		return false
	}
	here, err := a.here.Wait(ctx)
	return err == nil && here.far != nil
}

// refused tells whether a run ended with err because the answer was no.
func (a *access) refused(ctx context.Context, err error) bool {
	if !a.answer.Failed() {
		return false
	}
	_, refusal := a.answer.Wait(ctx)
	return errors.Is(err, refusal)
}

// granted waits for the answer, for a build that is about to need it.
func (a *access) granted(ctx context.Context) error {
	_, err := a.answer.Wait(ctx)
	return err
}

// askFromHere asks every registry for permission and, at the same time, whether a
// package that is there already is what is required. Without a preflight, which
// registries are reached is all that is asked.
func (r *Run) askFromHere(ctx context.Context) (answer fromHere) {
	if !r.plan.Publish.Push {
		return answer
	}
	ask := r.publisher.Preflight
	if !r.in.Preflight {
		ask = r.publisher.Reach
	}
	refusals := make([]error, len(r.plan.Watch.Images)+1)
	var group sync.WaitGroup
	group.Go(func() {
		err := ask(ctx, r.plan.Build.Repositories())
		if !errors.As(err, &answer.far) {
			refusals[0] = err
		}
	})
	for i, image := range r.plan.Watch.Images {
		if r.plan.Watch.Required == packages.Unknown {
			break
		}
		group.Go(func() {
			known, _ := r.askPackage(ctx, image) // who does not know will see after the push
			refusals[i+1] = r.plan.Watch.Refuse(image, known)
		})
	}
	group.Wait()
	answer.refusals = errors.Join(refusals...)
	return answer
}

// askBuilder asks the builder, as soon as there is one, whether it reaches what
// we do not. Where nobody does, it returns an error.
func (r *Run) askBuilder(ctx context.Context, connected <-chan *builder.Builder, far *publish.UnreachableError) error {
	var b *builder.Builder
	select {
	case b = <-connected:
	case <-ctx.Done():
		return ctx.Err()
	}
	if len(b.Nodes) > 0 {
		return fmt.Errorf("%w\na farm of several nodes needs a registry that this process reaches, too: it puts the nodes' images together there", far)
	}
	tags := plan.OnePerRegistry(r.plan.Publish.Tags, far.Repositories)
	err := build.Reach(ctx, b, r.registries, tags)
	if there := (*build.UnreachableError)(nil); errors.As(err, &there) {
		return fmt.Errorf("reaching %s: neither this process nor %s does\nfrom here: %v\nfrom the builder: %w\n"+
			"check the input registry and that it is up%s; where it is a service container, publish its port on the runner, whose engine then reaches it at localhost", there.Host, b.Name, whyNot(far, there.Host), there, r.registries.Hint(there.Host))
	}
	if err != nil {
		return err
	}
	r.report.Printf("Only the builder reaches %s: it pushes the tags, and nothing is read back from here", hosts(tags))
	return nil
}

// whyNot returns the network's words on a host that we do not reach.
func whyNot(far *publish.UnreachableError, host string) error {
	for _, cause := range far.Unwrap() {
		var here *registry.UnreachableError
		if errors.As(cause, &here) && here.Host == host {
			return here
		}
	}
	return far
}

func hosts(tags []name.Tag) string {
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = tag.RegistryStr()
	}
	return strings.Join(names, ", ")
}
