package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/registry"
)

// Stored is the name under which a build leaves its image in the store of an engine
// with a graph driver; of other builders it is empty. Close takes the image out of
// the store.
func (b *Builder) Stored() string {
	if s := b.shared(); s != nil {
		return s.Name
	}
	return ""
}

// shared is the store of the engine that builds, or of the one that is loaded into. It
// is nil where images are kept in containerd: no run there has a tag that another one
// would push.
func (b *Builder) shared() *dockerengine.Store {
	if b.store == nil && b.beside != nil {
		return b.beside.store
	}
	return b.store
}

// Alone waits until no other run on the same engine publishes to a repository, so that
// each finds its tags where it has put them. It calls waiting when it has to wait. The
// returned function must be called. Where BuildKit pushes by itself it does nothing.
func (b *Builder) Alone(ctx context.Context, repo name.Repository, waiting func()) (end func(), err error) {
	if b.store == nil {
		return func() {}, nil
	}
	t, err := b.store.Turn(ctx, "publishing "+repo.Name(), waiting)
	if err != nil {
		return func() {}, err
	}
	return func() { t.End(ctx) }, nil
}

// NameStored gives the stored image the tags that it is to be loaded as, none of them
// while another run needs it. It must be in the store.
func (b *Builder) NameStored(ctx context.Context, tags []name.Tag) error {
	for _, tag := range tags {
		if err := b.shared().Give(ctx, tag.Name()); err != nil {
			return fmt.Errorf("loading the image as %s: %w", tag, err)
		}
	}
	return nil
}

// Push pushes the stored image as each of the tags, in their order. It stops at
// the first that fails. It returns the digest that the engine says for all of
// them, and the tags that were pushed, also with an error. A push that fails in
// transient is tried again, as the retry policy has it.
func (b *Builder) Push(ctx context.Context, tags []name.Tag, registries *registry.Client, retryPolicy registry.RetryPolicy) (v1.Hash, []name.Tag, error) {
	if b.store == nil {
		return v1.Hash{}, nil, fmt.Errorf("pushing %s: %s has no engine that pushes", tags[0], b.Name)
	}
	var digest v1.Hash
	for i, tag := range tags {
		var pushed v1.Hash
		err := retryPolicy.Again(ctx, func() (decision registry.RetryDecision, err error) {
			if pushed, err = b.store.Push(ctx, tag, registries.Credentials(), retryPolicy.Silence); err != nil {
				decision = judge(ctx, tag, err, registries)
			}
			return decision, err
		})
		if err == nil && i > 0 && pushed != digest {
			err = fmt.Errorf("the engine answers %s, and %s before", pushed, digest)
		}
		if silent := (*dockerengine.SilentEngineError)(nil); errors.As(err, &silent) {
			return digest, tags[:i], fmt.Errorf("pushing %s: %w", tag, err)
		}
		if err != nil {
			if strings.Contains(err.Error(), "x509: certificate signed by unknown authority") {
				err = fmt.Errorf("%w\n%s does not know the authority of %s; give it %s", err, b.Name, tag.RegistryStr(), b.HowToTrust(tag.RegistryStr()))
				return digest, tags[:i], fmt.Errorf("pushing %s with %s: %w", tag, b.Name, err)
			}
			return digest, tags[:i], registries.Explain(ctx, registry.Pushing, fmt.Sprintf("pushing %s with %s", tag, b.Name), tag.Repository, err)
		}
		digest = pushed
	}
	return digest, tags, nil
}

// judge tells whether another push may do better. The engine itself tries a layer
// again that breaks, and nothing else.
func judge(ctx context.Context, tag name.Tag, err error, registries *registry.Client) registry.RetryDecision {
	if silent := (*registry.SilentError)(nil); errors.As(err, &silent) {
		return registry.RetryDecision{Transient: true, Host: tag.RegistryStr(), Reason: silent.Error()}
	}
	if silent := (*dockerengine.SilentEngineError)(nil); errors.As(err, &silent) {
		return registry.RetryDecision{Transient: true, Host: silent.Engine.String(), Reason: fmt.Sprintf("no answer within %s when asked %s", silent.Within, silent.Asked)}
	}
	var failed *dockerengine.PushError
	if !errors.As(err, &failed) {
		return registry.RetryDecision{} // it is the engine's
	}
	v := registry.TransientPush(tag.RegistryStr(), failed.Words, time.Now()) //nolint:forbidigo // a registry may say by the clock until when to wait
	if v.Transient && v.After == 0 {
		v.After = registries.AsksToWait(ctx, tag.Repository, failed)
	}
	return v
}
