// Package record fetches what BuildKit keeps in its history of a build, and writes
// it as the archive (.dockerbuild) that Docker Desktop and docker buildx history
// import open: an OCI layout.
package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	content "github.com/containerd/containerd/api/services/content/v1"
	control "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// within is how long a BuildKit may take to hand out a record. It takes some
// milliseconds.
const within = 10 * time.Second

// maxBlob is what is read of one blob, in bytes. BuildKit keeps 2 MiB of what a
// step prints.
const maxBlob = 64 << 20

// Record is what a BuildKit keeps of one build.
type Record struct {
	history  *control.BuildHistoryRecord
	platform string // that the BuildKit builds for by default
	layers   []ocispec.Descriptor
	blobs    map[digest.Digest][]byte
}

// Fetch takes the record of a build that has ended, under the reference that it was
// given, and leaves none behind. What is secret is made unreadable in it.
func Fetch(ctx context.Context, c *client.Client, ref, platform string, secrets []string) (Record, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("no answer within %s", within))
	defer cancel() // and with it the stream: not before that is a record removed which is marked so
	fetched, err := fetch(ctx, c, ref, platform, secrets)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Record{}, fmt.Errorf("fetching the record of the build: %w", err)
	}
	return fetched, nil
}

func fetch(ctx context.Context, c *client.Client, ref, platform string, secrets []string) (Record, error) {
	// The trace is part of the record when BuildKit was told to end it.
	if _, err := c.ControlClient().UpdateBuildHistory(ctx, &control.UpdateBuildHistoryRequest{Ref: ref, Finalize: true}); err != nil {
		return Record{}, err
	}
	history, err := find(ctx, c, ref)
	if err != nil {
		return Record{}, err
	}
	f := fetcher{client: c, hider: newHider(secrets), Record: Record{history: history, platform: platform, blobs: map[digest.Digest][]byte{}}}
	f.hide(history)
	err = f.all(ctx)
	return f.Record, errors.Join(err, remove(ctx, c, ref))
}

// Forget removes the record of a build that was cancelled, as soon as there is one:
// BuildKit writes it when the build has come to its end there.
func Forget(ctx context.Context, c *client.Client, ref string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if _, err := find(ctx, c, ref); err != nil {
		return err
	}
	return remove(ctx, c, ref)
}

// remove marks a record as removed. It is removed when nobody listens any more.
func remove(ctx context.Context, c *client.Client, ref string) error {
	_, err := c.ControlClient().UpdateBuildHistory(ctx, &control.UpdateBuildHistoryRequest{Ref: ref, Delete: true})
	return err
}

// find waits for a record that is complete, and goes on listening until ctx ends.
func find(ctx context.Context, c *client.Client, ref string) (*control.BuildHistoryRecord, error) {
	events, err := c.ControlClient().ListenBuildHistory(ctx, &control.BuildHistoryRequest{Ref: ref})
	if err != nil {
		return nil, err
	}
	for {
		event, err := events.Recv()
		if err != nil {
			return nil, err
		}
		if event.Type == control.BuildHistoryEventType_COMPLETE && event.Record.GetRef() == ref {
			return event.Record, nil
		}
	}
}

// fetcher fills a record with the blobs that it names.
type fetcher struct {
	Record
	client *client.Client
	hider  hider
}

// all fetches the blobs in the order in which the archive lists them.
func (f *fetcher) all(ctx context.Context) error {
	h := f.history
	for _, one := range []*control.Descriptor{h.Trace, h.Logs} {
		if err := f.add(ctx, one); err != nil {
			return err
		}
	}
	if err := f.result(ctx, h.Result); err != nil {
		return err
	}
	if err := f.add(ctx, h.ExternalError); err != nil {
		return err
	}
	for _, platform := range slices.Sorted(maps.Keys(h.Results)) {
		if err := f.result(ctx, h.Results[platform]); err != nil {
			return err
		}
	}
	return nil
}

// result fetches attestations and, where the BuildKit has kept it, the manifest of
// what was exported.
func (f *fetcher) result(ctx context.Context, result *control.BuildResultInfo) error {
	if result == nil {
		return nil
	}
	for _, one := range result.Attestations {
		if err := f.add(ctx, one); err != nil {
			return err
		}
	}
	for _, number := range slices.Sorted(maps.Keys(result.Results)) {
		one := result.Results[number]
		raw, err := f.read(ctx, one.Digest)
		if err != nil {
			continue // it is in the registry
		}
		// Another type, or a reader of the archive would look for the image's layers.
		f.put(ocispec.Descriptor{
			MediaType: "application/json", Digest: digest.Digest(one.Digest), Size: one.Size,
			Annotations: map[string]string{"vnd.export-build.descriptor.mediatype": one.MediaType},
		}, raw)
	}
	return nil
}

// add fetches a blob, without secrets, and has the record name what is left.
func (f *fetcher) add(ctx context.Context, one *control.Descriptor) error {
	if one == nil {
		return nil
	}
	raw, err := f.read(ctx, one.Digest)
	if err != nil {
		return fmt.Errorf("reading the blob %s (%s): %w", one.Digest, one.MediaType, err)
	}
	switch one {
	case f.history.Trace:
		raw = f.hider.trace(raw)
	case f.history.Logs:
		raw = f.hider.logs(raw)
	default:
		raw = f.hider.bytes(raw)
	}
	at := digest.FromBytes(raw)
	one.Digest, one.Size = at.String(), int64(len(raw))
	f.put(ocispec.Descriptor{MediaType: one.MediaType, Digest: at, Size: one.Size, Annotations: one.Annotations}, raw)
	return nil
}

func (f *fetcher) put(as ocispec.Descriptor, raw []byte) {
	if _, there := f.blobs[as.Digest]; !there {
		f.layers = append(f.layers, as)
		f.blobs[as.Digest] = raw
	}
}

func (f *fetcher) read(ctx context.Context, dgst string) ([]byte, error) {
	return ReadBlob(ctx, f.client, dgst, maxBlob)
}

// ReadBlob reads what a BuildKit keeps under a digest, and no more than so many
// bytes.
func ReadBlob(ctx context.Context, c *client.Client, dgst string, most int) ([]byte, error) {
	stream, err := c.ContentClient().Read(ctx, &content.ReadContentRequest{Digest: dgst})
	if err != nil {
		return nil, err
	}
	var raw []byte
	for len(raw) <= most {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if got := digest.FromBytes(raw); got.String() != dgst {
				return nil, fmt.Errorf("what BuildKit sent has the digest %s", got)
			}
			return raw, nil
		}
		if err != nil {
			return nil, err
		}
		raw = append(raw, part.Data...)
	}
	return nil, fmt.Errorf("it is longer than %d bytes", most)
}
