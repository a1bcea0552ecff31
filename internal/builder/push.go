package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// push pushes one tag and, unless it is to be kept, takes it out of the engine's
// store again. The credentials go to the engine in a header of this request and
// are not kept.
func (e enginePusher) push(ctx context.Context, tag name.Tag, credentials registry.Credentials) (v1.Hash, error) {
	login := credentials.For(tag.RegistryStr())
	auth, err := authconfig.Encode(engineapi.AuthConfig{Username: login.Username, Password: login.Password, ServerAddress: tag.RegistryStr()})
	if err != nil {
		return v1.Hash{}, fmt.Errorf("writing the credentials for the engine: %w", err)
	}
	response, err := e.docker.ImagePush(ctx, tag.Name(), moby.ImagePushOptions{RegistryAuth: auth})
	if err != nil {
		return v1.Hash{}, err
	}
	digest, err := pushedDigest(response.JSONMessages(ctx))
	if err != nil {
		return v1.Hash{}, err
	}
	if e.keep {
		return digest, nil
	}
	_, err = e.docker.ImageRemove(context.WithoutCancel(ctx), tag.Name(), moby.ImageRemoveOptions{})
	return digest, err
}

// pushedDigest reads the manifest's digest from what the engine says while it
// pushes: nowhere else is it known, because such an engine's exporter answers
// with the digest of the config.
func pushedDigest(messages func(func(jsonstream.Message, error) bool)) (v1.Hash, error) {
	var digest v1.Hash
	for message, err := range messages {
		switch {
		case err != nil:
			return v1.Hash{}, err
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
