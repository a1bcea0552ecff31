package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/jsonstream"
	engineapi "github.com/moby/moby/api/types/registry"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/registry"
)

// enginePusher pushes out of the store of an engine with a graph driver.
type enginePusher struct {
	docker *moby.Client
	keep   bool // what is pushed stays in the store
}

// removeWithin is how long an engine may take to forget an image. A run that was
// cancelled has 5 s in all.
const removeWithin = 2 * time.Second

// push pushes one tag and, whatever comes of it and unless it is to be kept, takes
// it out of the engine's store again. The credentials go to the engine in a header
// of this request and are not kept.
func (e enginePusher) push(ctx context.Context, tag name.Tag, credentials registry.Credentials) (v1.Hash, error) {
	digest, err := e.pushStored(ctx, tag, credentials)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if removeErr := e.remove(ctx, tag); err == nil {
		err = removeErr
	}
	return digest, err
}

// remove takes a tag that is not to be kept out of the engine's store, and the
// image with its last one.
func (e enginePusher) remove(ctx context.Context, tag name.Tag) error {
	if e.keep {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	_, err := e.docker.ImageRemove(ctx, tag.Name(), moby.ImageRemoveOptions{})
	return err
}

func (e enginePusher) pushStored(ctx context.Context, tag name.Tag, credentials registry.Credentials) (v1.Hash, error) {
	login := credentials.For(tag.RegistryStr())
	auth, err := authconfig.Encode(engineapi.AuthConfig{Username: login.Username, Password: login.Password, ServerAddress: tag.RegistryStr()})
	if err != nil {
		return v1.Hash{}, fmt.Errorf("writing the credentials for the engine: %w", err)
	}
	response, err := e.docker.ImagePush(ctx, tag.Name(), moby.ImagePushOptions{RegistryAuth: auth})
	if err != nil {
		return v1.Hash{}, err
	}
	return pushedDigest(response.JSONMessages(ctx))
}

// pushedDigest reads the manifest's digest from what the engine says while it
// pushes: nowhere else is it known, because such an engine's exporter answers
// with the digest of the config.
func pushedDigest(messages func(func(jsonstream.Message, error) bool)) (v1.Hash, error) {
	var digest v1.Hash
	for message, err := range messages {
		switch {
		case err != nil: // the stream broke off; what the registry says is in a message
			return v1.Hash{}, fmt.Errorf("the engine ended or cannot be reached any more: %w", err)
		case message.Error != nil:
			return v1.Hash{}, errors.New(message.Error.Message)
		case message.Aux == nil:
			continue
		}
		var pushed struct{ Digest string }
		if err := json.Unmarshal(*message.Aux, &pushed); err != nil {
			return v1.Hash{}, fmt.Errorf("reading the engine's answer: %w", err)
		}
		if pushed.Digest == "" {
			continue
		}
		hash, err := v1.NewHash(pushed.Digest)
		if err != nil {
			return v1.Hash{}, fmt.Errorf("reading the digest in the engine's answer: %w", err)
		}
		digest = hash
	}
	if digest == (v1.Hash{}) {
		return digest, errors.New("the engine did not say the digest of what it pushed")
	}
	return digest, nil
}
