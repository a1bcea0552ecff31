package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/registry"
)

// Stored is the name under which a build leaves its image in the engine's store,
// for a builder whose BuildKit cannot push; of others it is empty. Close takes
// the image out of the store.
func (b *Builder) Stored() string {
	if b.store == nil {
		return ""
	}
	return b.store.name
}

// Push pushes the stored image as each of the tags, in their order. It stops at
// the first that fails. It returns the digest that the engine says for all of
// them, and the tags that were pushed, also with an error. A push that fails in
// passing is tried again, as long as patience lasts.
func (b *Builder) Push(ctx context.Context, tags []name.Tag, registries *registry.Client, patience registry.Patience) (v1.Hash, []name.Tag, error) {
	if b.store == nil {
		return v1.Hash{}, nil, fmt.Errorf("pushing %s: %s has no engine that pushes", tags[0], b.Name)
	}
	var digest v1.Hash
	for i, tag := range tags {
		var pushed v1.Hash
		err := patience.Again(ctx, func() (verdict registry.Verdict, err error) {
			if pushed, err = b.store.push(ctx, tag, registries.Credentials(), patience.Silence); err != nil {
				verdict = judge(tag, err)
			}
			return verdict, err
		})
		if err == nil && i > 0 && pushed != digest {
			err = fmt.Errorf("the engine answers %s, and %s before", pushed, digest)
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
func judge(tag name.Tag, err error) registry.Verdict {
	if silent := (*registry.SilentError)(nil); errors.As(err, &silent) {
		return registry.Verdict{Passing: true, Host: tag.RegistryStr(), Reason: silent.Error()}
	}
	var failed *pushError
	if !errors.As(err, &failed) {
		return registry.Verdict{} // it is the engine's
	}
	return registry.PassingPush(tag.RegistryStr(), failed.words, time.Now()) //nolint:forbidigo // a registry may say by the clock until when to wait
}
