package build

import (
	"bytes"
	"context"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/record"
)

// maxManifest is what registries take of a manifest or index
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests).
const maxManifest = 4 << 20

// manifestWithin is how long a builder may take to show manifests. Nothing depends on it.
const manifestWithin = 10 * time.Second

// manifestReader reads a manifest or index out of a builder's store while it is
// pushed: soon after, the builder may have dropped it.
type manifestReader struct {
	builder *builder.Builder
	read    chan []byte // nil until it is asked for; then takes one
}

// pushing begins to read. It is for Request.Pushing.
func (m *manifestReader) pushing(ctx context.Context) func(v1.Hash) {
	return func(digest v1.Hash) {
		m.read = make(chan []byte, 1)
		go func() { m.read <- m.fetch(ctx, digest) }()
	}
}

func (m *manifestReader) fetch(ctx context.Context, digest v1.Hash) []byte {
	ctx, cancel := context.WithTimeout(ctx, manifestWithin)
	defer cancel()
	raw, err := record.ReadBlob(ctx, m.builder.Client, digest.String(), maxManifest)
	if err != nil {
		return nil
	}
	return raw
}

// result returns what was read when it has this digest, and else nil. The solve
// must have ended.
func (m *manifestReader) result(digest v1.Hash) []byte {
	if m.read == nil {
		return nil
	}
	raw := <-m.read
	if got, _, err := v1.SHA256(bytes.NewReader(raw)); err != nil || got != digest {
		return nil
	}
	return raw
}
