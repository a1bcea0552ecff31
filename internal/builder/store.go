package builder

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/jsonstream"
	engineapi "github.com/moby/moby/api/types/registry"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/registry"
)

// removeWithin is how long an engine may take to forget an image. A run that was
// cancelled has 5 s in all.
const removeWithin = 2 * time.Second

// store is the image store of an engine whose BuildKit cannot push. A build leaves
// its image there under a name that no other run has: the tags that it is pushed
// as are everybody's.
type store struct {
	docker *moby.Client
	name   string
	keep   bool // the tags stay, because they are loaded
}

func newStore(docker *moby.Client, keep bool) *store {
	return &store{docker: docker, name: "slipway.invalid/run:" + strings.ToLower(rand.Text()), keep: keep}
}

// push pushes the image as a tag, which is lent to it for as long: what had the
// tag in the store before has it again afterwards.
func (s *store) push(ctx context.Context, tag name.Tag, credentials registry.Credentials, silence time.Duration) (v1.Hash, error) {
	image, err := s.docker.ImageInspect(ctx, s.name)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("finding the image in the engine's store: %w", err)
	}
	before, err := s.docker.ImageInspect(ctx, tag.Name())
	if err != nil {
		before.ID = "" // there was none
	}
	if _, err := s.docker.ImageTag(ctx, moby.ImageTagOptions{Source: s.name, Target: tag.Name()}); err != nil {
		return v1.Hash{}, fmt.Errorf("naming the image in the engine's store: %w", err)
	}
	digest, err := s.pushStored(ctx, tag, credentials, silence)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		pushed, inspectErr := s.docker.ImageInspect(ctx, tag.Name())
		if inspectErr != nil || pushed.ID != image.ID {
			err = fmt.Errorf("another run has taken the tag in the engine's store meanwhile, so that what was pushed may be its image; run this one again")
		}
	}
	s.giveBack(ctx, tag, image.ID, before.ID)
	return digest, err
}

// giveBack takes the tag off the image. What goes wrong with that is no matter:
// the push holds.
func (s *store) giveBack(ctx context.Context, tag name.Tag, image, before string) {
	if s.keep {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	if before != "" && before != image {
		_, _ = s.docker.ImageTag(ctx, moby.ImageTagOptions{Source: before, Target: tag.Name()})
		return
	}
	if before == "" {
		_, _ = s.docker.ImageRemove(ctx, tag.Name(), moby.ImageRemoveOptions{})
	}
}

// forget takes the image out of the store. That there is none is no matter, and
// neither is an engine that does not answer any more.
func (s *store) forget(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	_, _ = s.docker.ImageRemove(ctx, s.name, moby.ImageRemoveOptions{})
}

// pushStored has the engine push a tag. The credentials go to it in a header of
// this request and are not kept. If the engine says nothing for so long, the error is a
// *registry.SilentError.
func (s *store) pushStored(ctx context.Context, tag name.Tag, credentials registry.Credentials, silence time.Duration) (v1.Hash, error) {
	login := credentials.For(ctx, tag.RegistryStr())
	auth, err := authconfig.Encode(engineapi.AuthConfig{
		Username: login.Username, Password: login.Password, IdentityToken: login.IdentityToken, RegistryToken: login.RegistryToken,
		ServerAddress: tag.RegistryStr(),
	})
	if err != nil {
		return v1.Hash{}, fmt.Errorf("writing the credentials for the engine: %w", err)
	}
	ctx, heard, stop := listen(ctx, silence)
	defer stop()
	response, err := s.docker.ImagePush(ctx, tag.Name(), moby.ImagePushOptions{RegistryAuth: auth})
	if err != nil {
		return v1.Hash{}, cmp.Or(silent(ctx), err)
	}
	digest, err := pushedDigest(func(yield func(jsonstream.Message, error) bool) {
		for message, err := range response.JSONMessages(ctx) {
			heard()
			if !yield(message, err) {
				return
			}
		}
	})
	if err != nil {
		return v1.Hash{}, cmp.Or(silent(ctx), err)
	}
	return digest, nil
}
