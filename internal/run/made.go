package run

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/record"
	"github.com/slipway-build/slipway/internal/report"
)

// maker makes the image of a run, or takes one that is there. What comes after it is
// the same for all.
type maker interface {
	// make returns what it has made, as far as it got, with an error too.
	make(ctx context.Context, a *access) (Made, error)
}

// Made is the image of a run as its maker leaves it, and what the maker tells of it.
type Made struct {
	Image   image.Image       // its Digest is zero where it is nowhere, or in Parts
	Parts   []image.Part      // what the nodes have pushed, to be joined in one index
	By      plan.Capabilities // of the maker
	ByName  string            // the maker, for people
	Stores  bool              // the maker has an image store, in which the image can be found
	Nodes   bool              // the maker is several nodes, each with an answer of its own
	Answers []build.Answer    // the builder's; none of a maker without
	Answer  string            // to what the Dockerfile was asked for
	Checks  []report.Check    // what BuildKit's checks have found
	Records []record.Record   // of the builds

	movers map[plan.Mover]mover // those that only the maker has
	alone  func(ctx context.Context, repo name.Repository, waiting func()) (end func(), err error)
	close  func(context.Context) error
}

// mover moves tags.
type mover interface {
	// Move moves the tags of a move to the image that was placed. What it returns
	// tells the tags that have moved with an error, too.
	Move(ctx context.Context, placed image.Image, move plan.Move) (Moved, error)
}

// Moved is what a mover has done.
type Moved struct {
	Image   image.Image // where the tags are now
	Tags    []name.Tag
	Answers []build.Answer // of a builder that has made the image again to push it; nil of others
}

// images is what a run does with images in registries: publish.Publisher, but for
// tests of the order in which things happen.
type images interface {
	Assemble(ctx context.Context, repos []name.Repository, platforms []v1.Platform, annotations map[string]string, parts []image.Part) (v1.Hash, error)
	Find(ctx context.Context, repo name.Repository, digest v1.Hash) (image.Image, error)
	LookAhead(ctx context.Context, digest v1.Hash, tags []name.Tag)
	There(ctx context.Context, digest v1.Hash, tags []name.Tag) bool
	Tag(ctx context.Context, digest v1.Hash, versions, floating []name.Tag) (image.Image, error)
	ReadBack(ctx context.Context, tags []name.Tag, digest v1.Hash) (image.Image, error)
}
