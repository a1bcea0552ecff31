package build

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/record"
)

// BuildKit makes attestations for all results of a solve, and what docker save writes
// and an engine reads has no place for them. Two ways lead out. Provenance can be
// made for those results alone that ask for it (inline-only), which is cheaper, but
// directories and archives of files cannot ask. Else a second solve makes what has no
// attestations, of steps that are in the cache by then.

// parts splits a request where one solve cannot give every result its attestations:
// into the results that have some, and those that have none.
func (a attempt) parts(loads plan.Load) []attempt {
	if len(a.Plan.Attestations) == 0 || !solveopt.Streams(a.Plan, loads) || solveopt.InlineOnly(a.Plan, loads) {
		return []attempt{a}
	}
	isDocker := func(out inputs.Output) bool { return out.Type == inputs.OutputDocker }
	attested, streamed := a, attempt{Request: a.again()}
	attested.Plan.Outputs = slices.DeleteFunc(slices.Clone(a.Plan.Outputs), isDocker)
	streamed.Plan.Outputs = slices.DeleteFunc(slices.Clone(a.Plan.Outputs), func(out inputs.Output) bool { return !isDocker(out) })
	streamed.Plan.Attestations, streamed.Plan.PushTo, streamed.Plan.ByTag, streamed.Plan.Record = nil, nil, nil, false
	streamed.cacheKept, streamed.Pushing = true, nil
	if loads == plan.LoadStream {
		attested.Plan.LoadAs = nil
	} else {
		streamed.Plan.LoadAs = nil
	}
	return []attempt{attested, streamed}
}

// with is the result of the first part of a request together with that of the second.
func (r Result) with(second Result) Result {
	both := r.then(second)
	both.Digest, both.Answers = r.Digest, r.Answers
	both.Config = cmp.Or(second.Config, r.Config)
	return both
}

// errOtherImage says that the two parts of a request are not of the same image.
var errOtherImage = errors.New("the image that is loaded or written is not the one that is pushed with attestations: a file of the context, or an image that it builds on, has changed during the build; run it again, and keep files that change out of the context (.dockerignore)")

// pushedConfig reads out of the builder's store what a push is the image of, while it
// is pushed: soon after, the builder may have dropped that.
type pushedConfig struct {
	read chan v1.Hash // nil until it is asked for; then takes one
}

// pushing begins to read, and calls next. It is for Request.Pushing.
func (p *pushedConfig) pushing(ctx context.Context, b *builder.Builder, next func(v1.Hash)) func(v1.Hash) {
	return func(digest v1.Hash) {
		read := make(chan v1.Hash, 1)
		p.read = read
		go func() { read <- configOf(ctx, b, digest) }()
		if next != nil {
			next(digest)
		}
	}
}

// check compares the image with that of the other part. Of what could not be read it
// says nothing. The solve must have ended.
func (p *pushedConfig) check(other v1.Hash) error {
	if p.read == nil || other == (v1.Hash{}) {
		return nil
	}
	if config := <-p.read; config != (v1.Hash{}) && config != other {
		return errOtherImage
	}
	return nil
}

// configOf returns the config of the one image in an index, or zero.
func configOf(ctx context.Context, b *builder.Builder, digest v1.Hash) v1.Hash {
	ctx, cancel := context.WithTimeout(ctx, manifestWithin)
	defer cancel()
	raw, err := record.ReadBlob(ctx, b.Client, digest.String(), maxManifest)
	if err != nil {
		return v1.Hash{}
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return v1.Hash{}
	}
	at := slices.IndexFunc(index.Manifests, func(d v1.Descriptor) bool { return d.Platform != nil && d.Platform.OS != "unknown" })
	if at < 0 {
		return v1.Hash{}
	}
	if raw, err = record.ReadBlob(ctx, b.Client, index.Manifests[at].Digest.String(), maxManifest); err != nil {
		return v1.Hash{}
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return v1.Hash{}
	}
	return manifest.Config.Digest
}
