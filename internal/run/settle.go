package run

import (
	"context"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/plan"
)

// Moving is what was decided of the tags, when nothing more could be learnt.
type Moving struct {
	Publish plan.Publish // with the tags that move
	Unmoved []plan.Unmoved
	Route   plan.Route
	before  *pending.Answer[before] // what a tag held; nil where it is not known
	end     func()                  // lets other runs of the same engine move theirs; more than once is as once
}

// settle decides which tags move, and by which route, and says which do not and what
// could not be learnt about them. Of runs that share an engine which pushes, one at a
// time does this and moves its tags: what it has learnt of the tags before it waited
// may not be true any more.
func (r *Run) settle(ctx context.Context, made Made, a *access, p previous) (Moving, error) {
	way, err := a.answer.Wait(ctx)
	if err != nil {
		return Moving{}, err
	}
	m := Moving{end: func() {}}
	if all := r.plan.Publish; made.alone != nil && all.Push && len(all.Tags) > 0 {
		repo := all.Tags[0].Repository // such an engine publishes to one
		end, err := made.alone(ctx, repo, func() { r.report.Printf("Waiting for another run that publishes %s on this engine", repo) })
		if err != nil {
			return Moving{}, err
		}
		m.end = sync.OnceFunc(end)
	}
	m.Publish, m.Unmoved = r.decideTags(ctx, made)
	m.Route = r.plan.Route(m.Publish, made.By, way.onlyBuilder)
	m.before = p.now()
	return m, nil
}

// decideTags returns the tags that move, and those that do not.
func (r *Run) decideTags(ctx context.Context, made Made) (plan.Publish, []plan.Unmoved) {
	all := r.plan.Publish
	if !all.Push || !all.ByDigest && r.images.There(ctx, made.Image.Digest, all.Tags) {
		return all, nil
	}
	known, warnings := r.learnt(ctx)
	for _, warning := range warnings {
		r.report.Warning("", 0, warning)
	}
	moving, unmoved := all.Moving(known)
	if known.SetBack {
		r.report.Printf("%s was set back to this commit: its tags go back, too", r.facts.Tip())
	}
	for _, one := range unmoved {
		r.report.Printf("Not moving %s: %s", one.Tag, one.Reason)
	}
	return moving, unmoved
}

// learnt returns what has been learnt of the versions and commits that the tags
// follow, and what becomes of tags where it has not. Which commit the branch has is
// asked now, as late as it can be, and only where a tag would go to an older one.
func (r *Run) learnt(ctx context.Context) (metadata.Known, []string) {
	h, err := r.history.Begin(ctx).Wait(ctx)
	if err != nil { // the run is cancelled: nothing moves any more
		return metadata.Known{}, nil
	}
	if r.plan.Publish.GoesBack(h.known) {
		head, err := r.source.Head(ctx, r.facts, r.facts.Tip())
		h.known.SetBack, h.unknown.Head = head != "" && head == r.facts.Revision(), err
	}
	return h.known, r.plan.Warnings(r.facts, h.known, h.unknown)
}

// lookAhead asks for what moving the tags will need, once BuildKit has pushed.
func (r *Run) lookAhead(ctx context.Context, a *access) func(v1.Hash) {
	return func(digest v1.Hash) {
		r.history.Begin(ctx)
		if !a.unreached(ctx) {
			_, tags := r.plan.Build.TakenByTag(r.plan.Publish.Tags)
			r.images.LookAhead(ctx, digest, tags)
		}
	}
}
