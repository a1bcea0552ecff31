package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
)

// registryMover puts the manifest of an image under its tags.
type registryMover struct{ images images }

// Move moves the versions and then the others, and reads all back.
func (m registryMover) Move(ctx context.Context, placed image.Image, move plan.Move) (Moved, error) {
	there, err := m.images.Tag(ctx, placed.Digest, move.Versions, move.Floating)
	if err != nil {
		return broken(err)
	}
	there.Config = cmp.Or(placed.Config, there.Config)
	return Moved{Image: there, Tags: move.Tags()}, nil
}

// broken returns what has moved when moving broke off, and the cause.
func broken(err error) (Moved, error) {
	var tags *publish.TagError
	if errors.As(err, &tags) {
		return Moved{Tags: tags.Moved}, tags.Unwrap()
	}
	return Moved{}, err
}

// buildkitMover has BuildKit push what it has built once more, under tags.
type buildkitMover struct {
	*Run
	builder *builder.Builder
}

// Move pushes the tags in their order. What is known of the image is what the builder
// shows: the size of a single manifest, and the platforms of an index.
func (m buildkitMover) Move(ctx context.Context, placed image.Image, move plan.Move) (Moved, error) {
	log := m.report.Hold("Push tags")
	log.Open()
	pushed, tags, err := build.PushTags(ctx, m.builder, build.Request{Plan: m.plan.Build, Registries: m.registries, Log: log}, move.Tags())
	log.Close()
	if err != nil {
		return Moved{Tags: tags}, err
	}
	other := placed.Digest != (v1.Hash{}) && pushed.Digest != placed.Digest
	if other {
		m.report.Printf("The tags are at %s, and the image that was pushed by digest before is %s: it is not the same each time it is made", pushed.Digest, placed.Digest)
	}
	if other && move.ReadBack {
		return Moved{Tags: tags}, fmt.Errorf("%s has pushed %s, and %s before: the image is not the same each time it is made; publish to one registry in each step", m.builder.Name, pushed.Digest, placed.Digest)
	}
	moved := Moved{Image: image.Describe(pushed.Digest, pushed.Manifest), Tags: tags, Answers: pushed.Answers}
	moved.Image.Config = cmp.Or(pushed.Config, moved.Image.Config)
	return readBack(ctx, m.images, moved, move)
}

// engineMover has an engine push what is in its store.
type engineMover struct {
	*Run
	builder *builder.Builder
}

// Move pushes the tags in their order. Of the image is known the digest that the
// engine says.
func (m engineMover) Move(ctx context.Context, placed image.Image, move plan.Move) (Moved, error) {
	digest, tags, err := m.builder.Push(ctx, move.Tags(), m.registries, telling(registry.PushRetryPolicy(), m.report))
	if err != nil {
		return Moved{Tags: tags}, err
	}
	return readBack(ctx, m.images, Moved{Image: image.Image{Digest: digest, Config: placed.Config}, Tags: tags}, move)
}

// readBack reads the tags that somebody else has pushed, if the move asks for it.
func readBack(ctx context.Context, images images, moved Moved, move plan.Move) (Moved, error) {
	if !move.ReadBack {
		return moved, nil
	}
	there, err := images.ReadBack(ctx, moved.Tags, moved.Image.Digest)
	if err != nil {
		return broken(err)
	}
	there.Config = cmp.Or(moved.Image.Config, there.Config)
	moved.Image = there
	return moved, nil
}
