package publish

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/registry"
)

// Public tells whether anybody can read an image that is in a repository: it asks
// for it as a stranger does, without a login. An error means that this could not
// be learnt. It returns when the context ends, at the latest.
func (p *Publisher) Public(ctx context.Context, repo name.Repository, digest v1.Hash) (bool, error) {
	answer := make(chan error, 1)
	go func() { answer <- p.askAnonymously(ctx, repo.Digest(digest.String())) }()
	var err error
	select { // waits between attempts do not end with the context
	case err = <-answer:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	switch {
	case err == nil:
		return true, nil
	case registry.Refused(err):
		return false, nil
	}
	return false, fmt.Errorf("asking %s for the image without a login: %w", repo, err)
}

// askAnonymously gets the manifest: the answer to HEAD would not say why it is a no.
func (p *Publisher) askAnonymously(ctx context.Context, image name.Digest) error {
	opened, err := p.client.OpenAnonymous(ctx, image.Repository)
	if err != nil {
		return err
	}
	_, err = remote.Get(image, remote.WithContext(ctx), remote.WithTransport(opened))
	return err
}
