package publish

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/registry"
)

// aheadWithin is how long it is asked ahead. What is not known then is asked again.
const aheadWithin = 10 * time.Second

// ahead is what a registry answered while BuildKit was still pushing.
type ahead struct {
	digest    v1.Hash
	mu        sync.Mutex
	manifests map[name.Repository]*remote.Descriptor
	there     map[string]bool // names of tags that point at the digest already
}

func newAhead(digest v1.Hash) *ahead {
	return &ahead{digest: digest, manifests: map[name.Repository]*remote.Descriptor{}, there: map[string]bool{}}
}

// LookAhead asks the registries, while the push of the image with this digest is
// in its last request, for what Tag would ask afterwards: the manifest, which is
// there when nothing has changed since the last run, and where the tags point.
// It returns at once. Nothing is moved, and what cannot be learnt is asked again
// by Tag.
func (p *Publisher) LookAhead(ctx context.Context, digest v1.Hash, tags []name.Tag) {
	p.ahead.Store(pending.Begin(ctx, aheadWithin, func(ctx context.Context) (*ahead, error) {
		return p.look(registry.Once(ctx), digest, tags), nil
	}))
}

func (p *Publisher) look(ctx context.Context, digest v1.Hash, tags []name.Tag) *ahead {
	a := newAhead(digest)
	var requests sync.WaitGroup
	for _, repo := range repositories(tags) {
		requests.Go(func() {
			if options, err := p.options(ctx, repo); err == nil {
				a.askManifest(repo, options)
			}
		})
	}
	limit := make(chan struct{}, parallel)
	for _, tag := range tags {
		requests.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			if options, err := p.options(ctx, tag.Repository); err == nil {
				a.askTag(tag, options)
			}
		})
	}
	requests.Wait()
	return a
}

func (a *ahead) askManifest(repo name.Repository, options []remote.Option) {
	manifest, err := remote.Get(repo.Digest(a.digest.String()), options...)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.manifests[repo] = manifest
}

func (a *ahead) askTag(tag name.Tag, options []remote.Option) {
	digest, err := ask(tag, options)
	if err != nil || digest != a.digest {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.there[tag.Name()] = true
}

// There tells whether all of these tags pointed at the image with this digest when
// LookAhead asked.
func (p *Publisher) There(ctx context.Context, digest v1.Hash, tags []name.Tag) bool {
	a := p.learnt(ctx, digest)
	return !slices.ContainsFunc(tags, func(tag name.Tag) bool { return !a.there[tag.Name()] })
}

// learnt returns what LookAhead has learnt of this digest, when every answer is
// in. Of another digest it has learnt nothing, nor if ctx ends before.
func (p *Publisher) learnt(ctx context.Context, digest v1.Hash) *ahead {
	answer := p.ahead.Load()
	if answer == nil {
		return newAhead(digest)
	}
	a, err := answer.Wait(ctx)
	if err != nil || a.digest != digest {
		return newAhead(digest)
	}
	return a
}
