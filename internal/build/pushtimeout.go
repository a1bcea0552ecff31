package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/record"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/trace"
)

const (
	// pushingLayers is what BuildKit calls a push of all but the manifest, in which it
	// says nothing until it is done (https://github.com/moby/buildkit/blob/v0.33.1/util/push/push.go).
	pushingLayers = "pushing layers"
	// perMinute is what the slowest push that we wait for sends, in bytes.
	perMinute = 50_000_000
	// unknownSize is taken for that of an image whose manifest the builder does not
	// show, in bytes: the largest layer that GitHub's registry takes.
	unknownSize = 10_000_000_000
)

// pushLimit ends a solve whose push does not come to an end: the registry may have
// fallen silent, for which BuildKit would wait for ever. Of the push no bytes are told,
// so that the limit is over the whole of it.
type pushLimit struct {
	begin  func(pushed v1.Hash) (stop func())
	pushed v1.Hash // what is exported, as far as is known
	vertex digest.Digest
	stopIt func() // nil while nothing is pushed
}

// newPushLimit watches the push of a request. Its end is given a *registry.SilentError.
func newPushLimit(ctx context.Context, r Request, b *builder.Builder, end func(error)) *pushLimit {
	base := r.retryPolicy().Push
	if base == 0 || len(r.Plan.PushTo) == 0 {
		return nil
	}
	return &pushLimit{begin: func(pushed v1.Hash) func() {
		ctx, stop := context.WithCancel(ctx) //nolint:gosec // it is returned
		go func() {
			bytes := imageSize(ctx, b, pushed) * int64(len(r.Plan.PushTo))
			within := base + time.Duration(float64(bytes)/perMinute*float64(time.Minute)).Round(time.Second)
			timer := time.NewTimer(within)
			defer timer.Stop()
			select {
			case <-timer.C:
				end(&registry.SilentError{What: "no end of the push", Within: within})
			case <-ctx.Done():
			}
		}()
		return stop
	}}
}

// note takes in what BuildKit says.
func (p *pushLimit) note(status *client.SolveStatus, _ *trace.Recorder) {
	if p == nil {
		return
	}
	for _, one := range status.Statuses {
		if exported, found := exportedDigest(one.ID); found {
			p.pushed = exported
		}
		if one.ID == pushingLayers && one.Started != nil && p.stopIt == nil {
			p.vertex, p.stopIt = one.Vertex, p.begin(p.pushed)
		}
	}
	for _, vertex := range status.Vertexes {
		if vertex.Digest == p.vertex && vertex.Completed != nil {
			p.stop()
		}
	}
}

// stop ends the watch.
func (p *pushLimit) stop() {
	if p != nil && p.stopIt != nil {
		p.stopIt()
		p.stopIt = nil
	}
}

// exportedDigest reads the digest of a manifest or an index, which comes after its
// manifests, out of the name of BuildKit's work on it.
func exportedDigest(id string) (v1.Hash, bool) {
	text, found := strings.CutPrefix(id, "exporting manifest ")
	if !found {
		return v1.Hash{}, false
	}
	hash, err := v1.NewHash(strings.TrimPrefix(text, "list "))
	return hash, err == nil
}

// imageSize adds up what an image weighs in the builder's store, in bytes. It is
// unknownSize where that is not shown.
func imageSize(ctx context.Context, b *builder.Builder, root v1.Hash) int64 {
	ctx, cancel := context.WithTimeout(ctx, manifestWithin)
	defer cancel()
	total, err := sizeBelow(ctx, b, root.String())
	if err != nil {
		return unknownSize
	}
	return total
}

func sizeBelow(ctx context.Context, b *builder.Builder, root string) (int64, error) {
	raw, err := record.ReadBlob(ctx, b.Client, root, maxManifest)
	if err != nil {
		return 0, err
	}
	var manifest struct { // or an index
		Config            ocispec.Descriptor
		Layers, Manifests []ocispec.Descriptor
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return 0, err
	}
	total := manifest.Config.Size
	for _, layer := range manifest.Layers {
		total += layer.Size
	}
	for _, child := range manifest.Manifests {
		below, err := sizeBelow(ctx, b, child.Digest.String())
		if err != nil {
			return 0, err
		}
		total += below
	}
	return total, nil
}

// silent returns why an attempt was ended whose push did not come to an end, and that
// another may do better; or nil.
func (w *watcher) silent(ctx context.Context, b *builder.Builder) (registry.RetryDecision, error) {
	var silent *registry.SilentError
	if !errors.As(context.Cause(ctx), &silent) || len(w.request.Plan.PushTo) == 0 { // the other part of a request pushes
		return registry.RetryDecision{}, nil
	}
	host := w.request.Plan.PushTo[0].RegistryStr()
	if len(w.request.Plan.PushTo) > 1 {
		host = "a registry"
	}
	err := fmt.Errorf("pushing with %s: %w; %s is silent or too slow: check that it is up, and what stands in front of it", b.Name, silent, host)
	return registry.RetryDecision{Transient: true, Host: host, Reason: silent.Error()}, err
}
