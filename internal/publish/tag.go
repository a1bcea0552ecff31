package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/image"
)

// Tag points tags at the image with this digest, which is in every repository
// already: first the versions, then, when all of those hold, the floating ones.
// Every tag that moved is read back; one that LookAhead has seen at the digest
// does not move. The error is a *TagError.
func (p *Publisher) Tag(ctx context.Context, digest v1.Hash, versions, floating []name.Tag) (image.Image, error) {
	known := p.learnt(ctx, digest)
	m := &mover{publisher: p, digest: digest, manifests: known.manifests, there: known.there}
	all := append(append([]name.Tag{}, versions...), floating...)
	err := m.fetch(ctx, all)
	if err == nil {
		err = m.move(ctx, versions)
	}
	if err == nil {
		err = m.move(ctx, floating)
	}
	if err != nil {
		return image.Image{}, NewTagError(all, m.moved, err)
	}
	return m.describe(ctx, all[0].Repository), nil
}

// Find reads an image that was pushed by its digest and has no tag.
func (p *Publisher) Find(ctx context.Context, repo name.Repository, digest v1.Hash) (image.Image, error) {
	known := p.learnt(ctx, digest)
	m := &mover{publisher: p, digest: digest, manifests: known.manifests, there: known.there}
	if err := m.fetchOne(ctx, repo); err != nil {
		return image.Image{}, err
	}
	return m.describe(ctx, repo), nil
}

// TagError says which tags moved and which did not when publishing broke off.
type TagError struct {
	Moved []name.Tag // point at the new image now
	Still []name.Tag // were not moved, or do not answer with the new image
	cause error
}

// NewTagError says that of all these tags only some have moved, and why.
func NewTagError(all, moved []name.Tag, cause error) *TagError {
	done, still := split(all, moved)
	return &TagError{Moved: done, Still: still, cause: cause}
}

func (e *TagError) Error() string {
	return fmt.Sprintf("moving tags: %v\nmoved: %s\nnot moved, or not confirmed: %s", e.cause, list(e.Moved), list(e.Still))
}

// Unwrap returns the joined causes.
func (e *TagError) Unwrap() error { return e.cause }

func list(tags []name.Tag) string {
	if len(tags) == 0 {
		return "none"
	}
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = tag.Name()
	}
	return strings.Join(names, ", ")
}

// split sorts tags by whether they have moved, which happens in any order, and
// keeps their own order.
func split(all, moved []name.Tag) (done, still []name.Tag) {
	there := make(map[name.Tag]bool, len(moved))
	for _, tag := range moved {
		there[tag] = true
	}
	for _, tag := range all {
		if there[tag] {
			done = append(done, tag)
		} else {
			still = append(still, tag)
		}
	}
	return done, still
}

// mover holds the manifest that the tags get, from each repository, and which
// tags have it.
type mover struct {
	publisher *Publisher
	digest    v1.Hash
	there     map[string]bool // names of tags that need not move
	mu        sync.Mutex
	manifests map[name.Repository]*remote.Descriptor
	moved     []name.Tag
}

// fetch gets the manifest from every repository: the exact bytes to put under
// the tags, and the proof that the image is there. All errors are joined.
func (m *mover) fetch(ctx context.Context, tags []name.Tag) error {
	repos := repositories(tags)
	errs := make([]error, len(repos))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, repo := range repos {
		group.Go(func() error {
			errs[i] = m.fetchOne(ctx, repo)
			return nil
		})
	}
	_ = group.Wait() // every error is in errs
	return errors.Join(errs...)
}

func (m *mover) fetchOne(ctx context.Context, repo name.Repository) error {
	if m.has(repo) {
		return nil
	}
	manifest, err := m.publisher.readPushed(ctx, repo.Digest(m.digest.String()))
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.manifests[repo] = manifest
	return nil
}

func (m *mover) has(repo name.Repository) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.manifests[repo] != nil
}

func repositories(tags []name.Tag) []name.Repository {
	seen := map[name.Repository]bool{}
	var repos []name.Repository
	for _, tag := range tags {
		if !seen[tag.Repository] {
			seen[tag.Repository] = true
			repos = append(repos, tag.Repository)
		}
	}
	return repos
}

// move points tags at the image and reads them back, several at a time. One
// that fails does not stop the others of the same call; all errors are joined.
func (m *mover) move(ctx context.Context, tags []name.Tag) error {
	errs := make([]error, len(tags))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, tag := range tags {
		group.Go(func() error {
			errs[i] = m.moveOne(ctx, tag)
			return nil
		})
	}
	_ = group.Wait() // every error is in errs
	return errors.Join(errs...)
}

func (m *mover) moveOne(ctx context.Context, tag name.Tag) error {
	if !m.there[tag.Name()] {
		if err := m.point(ctx, tag); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moved = append(m.moved, tag)
	return nil
}

func (p *Publisher) options(ctx context.Context, repo name.Repository) ([]remote.Option, error) {
	opened, err := p.open(ctx, repo)
	if err != nil {
		return nil, err
	}
	once := remote.Backoff{Steps: 1} // the transport tries again, and by the context
	return []remote.Option{remote.WithContext(ctx), remote.WithTransport(opened), remote.WithRetryBackoff(once)}, nil
}
