package publish

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/registry"
)

// subject is the annotation by which an attestation names its image
// (https://github.com/moby/buildkit/blob/v0.33.1/docs/attestations/attestation-storage.md).
const subject = "vnd.docker.reference.digest"

// Assemble joins the parts in one index, with the images in the order of
// platforms and then their attestations, and puts it by its digest into every
// repository, with these annotations. No tag changes. Each platform must be in one part.
func (p *Publisher) Assemble(ctx context.Context, repos []name.Repository, platforms []v1.Platform, annotations map[string]string, parts []image.Part) (v1.Hash, error) {
	children := make([][]ocispec.Descriptor, len(parts))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, part := range parts {
		group.Go(func() (err error) {
			children[i], err = p.children(groupCtx, repos[0], part)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return v1.Hash{}, err
	}
	index, err := newIndex(platforms, annotations, slices.Concat(children...))
	if err != nil {
		return v1.Hash{}, fmt.Errorf("joining the platforms in one index: %w", err)
	}
	return index.digest, p.putAll(ctx, repos, index)
}

// children returns what a part adds to an index.
func (p *Publisher) children(ctx context.Context, repo name.Repository, part image.Part) ([]ocispec.Descriptor, error) {
	ref := repo.Digest(part.Digest.String())
	doing := fmt.Sprintf("reading the pushed image %s", ref)
	pushed, err := p.readPushed(ctx, ref)
	if err != nil {
		return nil, err
	}
	if pushed.MediaType.IsIndex() {
		var index ocispec.Index
		if err := json.Unmarshal(pushed.Manifest, &index); err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		return index.Manifests, nil
	}
	if len(part.Platforms) != 1 {
		return nil, fmt.Errorf("%s: it is one image, and not an index of %d", doing, len(part.Platforms))
	}
	platform, err := describePlatform(part.Platforms[0], pushed)
	if err != nil {
		return nil, p.client.Explain(ctx, registry.Pulling, doing, repo, err)
	}
	return []ocispec.Descriptor{{
		MediaType: string(pushed.MediaType),
		Digest:    digest.Digest(pushed.Digest.String()),
		Size:      pushed.Size,
		Platform:  platform,
	}}, nil
}

// describePlatform is what an index says of an image built for a platform. On
// Windows the version and the features of the system decide which image a host
// takes, and only the config of the image knows them.
func describePlatform(p v1.Platform, pushed *remote.Descriptor) (*ocispec.Platform, error) {
	platform := &ocispec.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}
	if p.OS != "windows" {
		return platform, nil
	}
	built, err := pushed.Image()
	if err != nil {
		return nil, err
	}
	config, err := built.ConfigFile()
	if err != nil {
		return nil, err
	}
	platform.OSVersion, platform.OSFeatures = config.OSVersion, config.OSFeatures
	return platform, nil
}

// rawIndex is an index as it is put.
type rawIndex struct {
	text   []byte
	digest v1.Hash
}

// RawManifest returns the text.
func (i rawIndex) RawManifest() ([]byte, error) { return i.text, nil }

// MediaType is that of OCI: BuildKit is asked for nothing else.
func (i rawIndex) MediaType() (types.MediaType, error) { return types.OCIImageIndex, nil }

// newIndex orders the children and writes the index.
func newIndex(platforms []v1.Platform, annotations map[string]string, children []ocispec.Descriptor) (rawIndex, error) {
	images := make([]digest.Digest, len(platforms))
	for i, p := range platforms {
		at := slices.IndexFunc(children, func(d ocispec.Descriptor) bool { return isFor(d, p) })
		if at < 0 {
			return rawIndex{}, fmt.Errorf("no builder has pushed an image for %s", p)
		}
		images[i] = children[at].Digest
	}
	position := func(d ocispec.Descriptor) int {
		if i := slices.IndexFunc(platforms, func(p v1.Platform) bool { return isFor(d, p) }); i >= 0 {
			return i
		}
		if i := slices.Index(images, digest.Digest(d.Annotations[subject])); i >= 0 {
			return len(platforms) + i
		}
		return 2 * len(platforms)
	}
	slices.SortStableFunc(children, func(a, b ocispec.Descriptor) int { return cmp.Compare(position(a), position(b)) })
	text, err := json.Marshal(ocispec.Index{
		Versioned:   specs.Versioned{SchemaVersion: 2},
		MediaType:   ocispec.MediaTypeImageIndex,
		Manifests:   children,
		Annotations: annotations,
	})
	if err != nil {
		return rawIndex{}, err
	}
	hash, _, err := v1.SHA256(bytes.NewReader(text))
	return rawIndex{text: text, digest: hash}, err
}

func isFor(d ocispec.Descriptor, p v1.Platform) bool {
	return d.Platform != nil && d.Platform.OS == p.OS && d.Platform.Architecture == p.Architecture && d.Platform.Variant == p.Variant
}

// putAll puts an index into every repository. All errors are joined.
func (p *Publisher) putAll(ctx context.Context, repos []name.Repository, index rawIndex) error {
	errs := make([]error, len(repos))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, repo := range repos {
		group.Go(func() error {
			ref := repo.Digest(index.digest.String())
			options, err := p.options(ctx, repo)
			if err == nil {
				err = remote.Put(ref, index, options...)
			}
			if err != nil {
				errs[i] = p.client.Explain(ctx, registry.Pushing, fmt.Sprintf("pushing the index %s, before any tag moves", ref), repo, err)
			}
			return nil
		})
	}
	_ = group.Wait() // every error is in errs
	return errors.Join(errs...)
}
