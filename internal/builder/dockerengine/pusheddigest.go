package dockerengine

import (
	"encoding/json"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/moby/api/types/jsonstream"
)

// PushError is what an engine says of a push that failed at the registry.
type PushError struct{ Words string }

func (e *PushError) Error() string { return e.Words }

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
			return v1.Hash{}, &PushError{Words: message.Error.Message}
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
