package publish

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/registry"
)

// The annotations, and labels, that say of which commit an image was made, and
// which version it is (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
const (
	revisionKey = "org.opencontainers.image.revision"
	versionKey  = "org.opencontainers.image.version"
)

// Made is what an image says of itself; empty fields where it does not.
type Made struct {
	Commit  string // that it was made of
	Version string
}

// Tags lists the tags of a repository. One that does not exist yet has none.
func (p *Publisher) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	options, err := p.options(ctx, repo)
	if err != nil {
		return nil, err
	}
	tags, err := listTags(ctx, repo, options)
	if registry.NotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, p.client.Explain(ctx, registry.Pulling, fmt.Sprintf("listing the tags of %s", repo), repo, err)
	}
	return tags, nil
}

// What is read of a registry's list of tags: past that it is as good as unknown.
// Registries give 100 or 1000 tags in a page.
const (
	mostPages = 1000
	mostTags  = 100_000
	// longestTag is that of the specification, in characters
	// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
	// What is longer is none.
	longestTag = 128
)

// listTags reads all pages of the tags.
func listTags(ctx context.Context, repo name.Repository, options []remote.Option) ([]string, error) {
	puller, err := remote.NewPuller(options...)
	if err != nil {
		return nil, err
	}
	lister, err := puller.Lister(ctx, repo)
	if err != nil {
		return nil, err
	}
	tags := []string{}
	for pages := 0; lister.HasNext(); pages++ {
		page, err := lister.Next(ctx)
		if err != nil {
			return nil, err
		}
		for _, tag := range page.Tags {
			if len(tag) <= longestTag {
				tags = append(tags, tag)
			}
		}
		if pages == mostPages || len(tags) > mostTags {
			return nil, fmt.Errorf("there are more than %d tags, or than %d pages of them", mostTags, mostPages)
		}
	}
	return tags, nil
}

// Made returns what the image under a tag says of itself: in annotations, else in
// labels of its config, of the first platform of several. It is zero where there
// is no such tag.
func (p *Publisher) Made(ctx context.Context, tag name.Tag) (Made, error) {
	options, err := p.options(ctx, tag.Repository)
	if err != nil {
		return Made{}, err
	}
	found, err := remote.Get(tag, options...)
	if registry.NotFound(err) {
		return Made{}, nil
	}
	if err == nil {
		var says map[string]string
		if says, err = saidOf(tag.Repository, found, options); err == nil {
			return Made{Commit: says[revisionKey], Version: says[versionKey]}, nil
		}
	}
	return Made{}, p.client.Explain(ctx, registry.Pulling, fmt.Sprintf("reading the image under %s", tag), tag.Repository, err)
}

// saidOf returns the first annotations, or the labels, that name a commit.
func saidOf(repo name.Repository, found *remote.Descriptor, options []remote.Option) (map[string]string, error) {
	if found.MediaType.IsIndex() {
		index, err := v1.ParseIndexManifest(bytes.NewReader(found.Manifest))
		if err != nil {
			return nil, err
		}
		if index.Annotations[revisionKey] != "" || len(index.Manifests) == 0 {
			return index.Annotations, nil
		}
		if found, err = remote.Get(repo.Digest(index.Manifests[0].Digest.String()), options...); err != nil {
			return nil, err
		}
	}
	image, err := found.Image()
	if err != nil {
		return nil, err
	}
	manifest, err := image.Manifest()
	if err != nil {
		return nil, err
	}
	if manifest.Annotations[revisionKey] != "" {
		return manifest.Annotations, nil
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	return config.Config.Labels, nil
}
