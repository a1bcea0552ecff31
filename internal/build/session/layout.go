package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-build/slipway/internal/regular"
)

// layoutStore reads the blobs of an OCI layout, and nothing outside it, whatever
// links there are. It writes nothing: containerd's own store would put a
// directory into the layout.
type layoutStore struct{ root *os.Root }

func openLayout(dir string) (content.Store, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &layoutStore{root}, nil
}

// Info describes a blob.
func (s *layoutStore) Info(_ context.Context, dgst digest.Digest) (content.Info, error) {
	blob, err := s.open(dgst)
	if err != nil {
		return content.Info{}, err
	}
	return content.Info{Digest: dgst, Size: blob.size}, blob.Close()
}

// ReaderAt opens a blob.
func (s *layoutStore) ReaderAt(_ context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	return s.open(desc.Digest)
}

func (s *layoutStore) open(dgst digest.Digest) (*blob, error) {
	if err := dgst.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", err, errdefs.ErrInvalidArgument)
	}
	path := filepath.Join("blobs", dgst.Algorithm().String(), dgst.Encoded())
	file, err := regular.OpenIn(s.root, path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errdefs.ErrNotFound)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%w: %w", err, errdefs.ErrNotFound)
	}
	return &blob{File: file, size: info.Size()}, nil
}

// blob is an open file of a layout.
type blob struct {
	*os.File
	size int64
}

// Size is how many bytes it has.
func (b *blob) Size() int64 { return b.size }

var errReadOnly = fmt.Errorf("the OCI layout is only read: %w", errdefs.ErrPermissionDenied)

// Update is refused.
func (s *layoutStore) Update(context.Context, content.Info, ...string) (content.Info, error) {
	return content.Info{}, errReadOnly
}

// Walk is refused.
func (s *layoutStore) Walk(context.Context, content.WalkFunc, ...string) error { return errReadOnly }

// Delete is refused.
func (s *layoutStore) Delete(context.Context, digest.Digest) error { return errReadOnly }

// Status is refused.
func (s *layoutStore) Status(context.Context, string) (content.Status, error) {
	return content.Status{}, errReadOnly
}

// ListStatuses is refused.
func (s *layoutStore) ListStatuses(context.Context, ...string) ([]content.Status, error) {
	return nil, errReadOnly
}

// Abort is refused.
func (s *layoutStore) Abort(context.Context, string) error { return errReadOnly }

// Writer is refused.
func (s *layoutStore) Writer(context.Context, ...content.WriterOpt) (content.Writer, error) {
	return nil, errReadOnly
}
