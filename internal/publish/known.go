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

// revisionKey is the annotation, and the label, that says of which commit an
// image was made (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
const revisionKey = "org.opencontainers.image.revision"

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

// Revision returns the commit that the image under a tag was made of, as it says
// itself: in an annotation, else in a label of its config, of the first platform
// of several. It is empty where there is no such tag, or the image does not say.
func (p *Publisher) Revision(ctx context.Context, tag name.Tag) (string, error) {
	options, err := p.options(ctx, tag.Repository)
	if err != nil {
		return "", err
	}
	found, err := remote.Get(tag, options...)
	if registry.NotFound(err) {
		return "", nil
	}
	if err == nil {
		var revision string
		if revision, err = revisionOf(tag.Repository, found, options); err == nil {
			return revision, nil
		}
	}
	return "", p.client.Explain(ctx, registry.Pulling, fmt.Sprintf("reading the image under %s", tag), tag.Repository, err)
}

func revisionOf(repo name.Repository, found *remote.Descriptor, options []remote.Option) (string, error) {
	if found.MediaType.IsIndex() {
		index, err := v1.ParseIndexManifest(bytes.NewReader(found.Manifest))
		if err != nil {
			return "", err
		}
		if revision := index.Annotations[revisionKey]; revision != "" || len(index.Manifests) == 0 {
			return revision, nil
		}
		if found, err = remote.Get(repo.Digest(index.Manifests[0].Digest.String()), options...); err != nil {
			return "", err
		}
	}
	image, err := found.Image()
	if err != nil {
		return "", err
	}
	manifest, err := image.Manifest()
	if err != nil {
		return "", err
	}
	if revision := manifest.Annotations[revisionKey]; revision != "" {
		return revision, nil
	}
	config, err := image.ConfigFile()
	if err != nil {
		return "", err
	}
	return config.Config.Labels[revisionKey], nil
}
