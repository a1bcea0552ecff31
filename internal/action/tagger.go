package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/report"
)

// tagger moves the tags of a run. Where this process cannot reach a registry and
// the builder can, the builder does it.
type tagger struct {
	report     *report.Reporter
	plan       plan.Plan
	publisher  *publish.Publisher
	registries *registry.Client
	permission *permission
	connected  chan *builder.Builder // takes the builder, when there is one
	history    *history
	earlier    *earlier
	watch      *watcher
}

func newTagger(run run, r *report.Reporter, registries *registry.Client, publisher *publish.Publisher, permission *permission, watch *watcher) *tagger {
	var tags []name.Tag
	if run.plan.Publish.Push && r.Detailed() {
		tags = run.plan.Publish.Tags
	}
	return &tagger{
		earlier: newEarlier(publisher, tags),
		report:  r, plan: run.plan, publisher: publisher, registries: registries, permission: permission,
		connected: make(chan *builder.Builder, 1), history: newHistory(run, publisher), watch: watch,
	}
}

// ask asks for permission, and makes the answer known. It calls granted where it is
// yes.
func (t *tagger) ask(ctx context.Context, preflight bool, granted func()) error {
	refusal := t.permission.give(t.watch.beside(ctx, func(ctx context.Context) error { return t.permit(ctx, preflight) }))
	if refusal == nil {
		granted()
	}
	return refusal
}

// lookBack asks, while the image is built, what will be told of the tags in the end.
func (t *tagger) lookBack(ctx context.Context) {
	if !t.permission.inDoubt() {
		t.earlier.begin(ctx)
	}
}

// permit asks every registry whether this run may push there, and the builder
// whether it reaches one that we do not. Without a preflight, which registries
// are reached is all that is asked.
func (t *tagger) permit(ctx context.Context, preflight bool) error {
	if !t.plan.Publish.Push {
		return nil
	}
	ask := t.publisher.Preflight
	if !preflight {
		ask = t.publisher.Reach
	}
	err := ask(ctx, t.plan.Build.Repositories())
	if far := (*publish.UnreachableError)(nil); errors.As(err, &far) {
		t.permission.doubt()
		return errors.Join(t.plan.Watch.Unseen(far.Repositories), t.askBuilder(ctx, far))
	}
	return err
}

// askBuilder asks the builder, as soon as there is one, whether it reaches what
// we do not. Where nobody does, it returns an error.
func (t *tagger) askBuilder(ctx context.Context, far *publish.UnreachableError) error {
	var b *builder.Builder
	select {
	case b = <-t.connected:
	case <-ctx.Done():
		return ctx.Err()
	}
	if len(b.Nodes) > 0 {
		return fmt.Errorf("%w\na farm of several nodes needs a registry that this process reaches, too: it puts the nodes' images together there", far)
	}
	tags := onePerHost(t.plan.Publish.Tags, far.Repositories)
	err := build.Reach(ctx, b, t.registries, tags)
	if there := (*build.UnreachableError)(nil); errors.As(err, &there) {
		return fmt.Errorf("reaching %s: neither this process nor %s does\nfrom here: %v\nfrom the builder: %w\n"+
			"check the input registry and that it is up%s; where it is a service container, publish its port on the runner, whose engine then reaches it at localhost", there.Host, b.Name, whyNot(far, there.Host), there, t.registries.Hint(there.Host))
	}
	if err != nil {
		return err
	}
	t.report.Printf("Only the builder reaches %s: it pushes the tags, and nothing is read back from here", hosts(tags))
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

// onePerHost returns the first tag of each registry of these repositories.
func onePerHost(tags []name.Tag, repos []name.Repository) []name.Tag {
	var first []name.Tag
	for _, tag := range tags {
		sameHost := func(other name.Tag) bool { return other.RegistryStr() == tag.RegistryStr() }
		wanted := func(repo name.Repository) bool { return repo.RegistryStr() == tag.RegistryStr() }
		if slices.ContainsFunc(repos, wanted) && !slices.ContainsFunc(first, sameHost) {
			first = append(first, tag)
		}
	}
	return first
}

func hosts(tags []name.Tag) string {
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = tag.RegistryStr()
	}
	return strings.Join(names, ", ")
}

// lookAhead asks for what moving the tags will need, once BuildKit has pushed.
func (t *tagger) lookAhead(ctx context.Context) func(v1.Hash) {
	return func(digest v1.Hash) {
		t.history.begin(ctx)
		if !t.permission.inDoubt() {
			_, tags := t.plan.Build.TakenByTag(t.plan.Publish.Tags)
			t.publisher.LookAhead(ctx, digest, tags)
		}
	}
}

// settle decides which tags move, and says which do not and what could not be
// learnt about them.
func (t *tagger) settle(ctx context.Context, digest v1.Hash) (plan.Publish, []plan.Stay) {
	defer t.earlier.freeze()
	if !t.plan.Publish.Push || !t.plan.Publish.ByDigest && t.publisher.There(ctx, digest, t.plan.Publish.Tags) {
		return t.plan.Publish, nil
	}
	known, notices := t.history.end(ctx)
	for _, notice := range notices {
		t.report.Warning("", 0, notice)
	}
	moving, stays := t.plan.Publish.Moving(known)
	if known.SetBack {
		t.report.Printf("%s was set back to this commit: its tags go back, too", t.history.run.facts.Tip())
	}
	for _, stay := range stays {
		t.report.Printf("Not moving %s: %s", stay.Tag, stay.Reason)
	}
	return moving, stays
}

// publish decides which tags move, and moves them. Of runs that share an engine which
// pushes, one at a time does both: what it has learnt of the tags before it waited may
// not be true any more.
func (t *tagger) publish(ctx context.Context, b *builder.Builder, built *build.Result) (image.Image, plan.Publish, []plan.Stay, error) {
	if all := t.plan.Publish; all.Push && len(all.Tags) > 0 {
		repo := all.Tags[0].Repository // such an engine publishes to one
		end, err := b.Alone(ctx, repo, func() { t.report.Printf("Waiting for another run that publishes %s on this engine", repo) })
		if err != nil {
			return image.Image{}, plan.Publish{}, nil, err
		}
		defer end()
	}
	moving, stays := t.settle(ctx, built.Digest)
	image, err := t.move(ctx, b, built, moving)
	return image, moving, stays, err
}

// move moves the tags that are to move to what was built: versions first.
func (t *tagger) move(ctx context.Context, b *builder.Builder, built *build.Result, moving plan.Publish) (image.Image, error) {
	versions, floating := moving.MoveOrder()
	switch {
	case !moving.Push:
		return image.Image{}, nil
	case len(moving.Tags) == 0 && !b.PushByDigest: // an engine pushes by a tag
		return image.Image{}, nil
	case len(moving.Tags) == 0 && t.permission.inDoubt():
		return image.Image{Digest: built.Digest}, nil
	case t.permission.inDoubt():
		return t.pushTags(ctx, b, built, slices.Concat(versions, floating))
	case len(t.plan.Build.ByTag) > 0 && len(moving.Tags) > 0:
		return t.tagAll(ctx, b, built, versions, floating)
	case len(t.plan.Build.PushTo) == 0: // none moves
		return image.Image{}, nil
	}
	digest, err := t.untagged(ctx, b, built, slices.Concat(versions, floating))
	if err != nil {
		return image.Image{}, err
	}
	t.watch.begin(ctx, digest)
	if len(moving.Tags) == 0 {
		return t.publisher.Find(ctx, t.plan.Build.PushTo[0], digest)
	}
	return t.publisher.Tag(ctx, digest, versions, floating)
}

// untagged returns the digest under which the whole image is in every repository
// now, or in one where the engine pushes, by the first of the tags. It puts
// together what a farm has pushed.
func (t *tagger) untagged(ctx context.Context, b *builder.Builder, built *build.Result, tags []name.Tag) (v1.Hash, error) {
	switch {
	case len(b.Nodes) > 0:
		return t.publisher.Assemble(ctx, t.plan.Build.PushTo, t.plan.Build.Platforms, t.plan.Build.IndexAnnotations(), built.Parts)
	case !b.PushByDigest:
		return t.pushFirst(ctx, b, built, tags)
	}
	return built.Digest, nil
}

// pushFirst has the engine push the first tag, and makes sure that what the registry
// holds under the digest that the engine says is what was built. Only then do other
// tags move.
func (t *tagger) pushFirst(ctx context.Context, b *builder.Builder, built *build.Result, tags []name.Tag) (v1.Hash, error) {
	tag := tags[0]
	digest, _, err := b.Push(ctx, tags[:1], t.registries, telling(registry.PushPatience(), t.report))
	if err != nil {
		return v1.Hash{}, err
	}
	t.publisher.LookAhead(ctx, digest, tags)
	pushed, err := t.publisher.Find(ctx, tag.Repository, digest)
	if err == nil && pushed.Config != built.Config {
		err = fmt.Errorf("pushing %s with %s: the registry holds the image %s under the digest %s that the engine says, and %s was built; run this again", tag, b.Name, pushed.Config, digest, built.Config)
	}
	return digest, err
}

// pushTags has the builder push the tags, in their order. Of the image is known
// what the builder shows: of an engine's push the digest, else also the size of a
// single manifest and the platforms of an index. The Result is corrected to be of
// the same image.
func (t *tagger) pushTags(ctx context.Context, b *builder.Builder, built *build.Result, tags []name.Tag) (image.Image, error) {
	if !b.PushByDigest {
		digest, moved, err := b.Push(ctx, tags, t.registries, telling(registry.PushPatience(), t.report))
		if err != nil {
			return image.Image{}, publish.NewTagError(tags, moved, err)
		}
		return image.Image{Digest: digest}, nil
	}
	log := t.report.Hold("Push tags")
	log.Open()
	pushed, moved, err := build.PushTags(ctx, b, build.Request{Plan: t.plan.Build, Registries: t.registries, Log: log}, tags)
	log.Close()
	if err != nil {
		return image.Image{}, publish.NewTagError(tags, moved, err)
	}
	if built.Digest != (v1.Hash{}) && pushed.Digest != built.Digest {
		t.report.Printf("The tags are at %s, and the image that was pushed by digest before is %s: it is not the same each time it is made", pushed.Digest, built.Digest)
	}
	built.Digest, built.Config, built.Answers = pushed.Digest, pushed.Config, pushed.Answers
	return image.Describe(pushed.Digest, pushed.Manifest), nil
}
