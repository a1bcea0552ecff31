// Package publish asks whether a run may push, and moves tags to an image that
// BuildKit has pushed by its digest.
package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/registry"
)

// parallel is how many requests to one registry are under way at a time. A
// registry that counts requests sees no more than from a browser.
const parallel = 8

// Publisher talks to the registries of one run. Each repository is logged in to
// once, or until that succeeds. It is safe for concurrent use.
type Publisher struct {
	client *registry.Client
	opened sync.Map // name.Repository -> func() (http.RoundTripper, error)
	ahead  atomic.Pointer[ahead]
}

// New returns a Publisher that logs in through client.
func New(client *registry.Client) *Publisher {
	return &Publisher{client: client}
}

// open logs in to a repository, or returns the transport of an earlier login.
func (p *Publisher) open(ctx context.Context, repo name.Repository) (http.RoundTripper, error) {
	once, _ := p.opened.LoadOrStore(repo, sync.OnceValues(func() (http.RoundTripper, error) {
		return p.client.Open(ctx, repo)
	}))
	opened, err := once.(func() (http.RoundTripper, error))()
	if err != nil {
		p.opened.Delete(repo) // its context may have cut it off, and is not the next caller's
	}
	return opened, err
}

// Preflight asks every repository for permission to push, at the same time. It
// begins an upload and never finishes it, which leaves nothing behind: no image
// and no version of a package exists until a manifest is put. Only a clear no
// and a registry that cannot be reached are errors; any other answer says
// nothing, and the run goes on. All errors are joined.
func (p *Publisher) Preflight(ctx context.Context, repos []name.Repository) error {
	errs := make([]error, len(repos))
	var group sync.WaitGroup
	for i, repo := range repos {
		group.Go(func() { errs[i] = p.probe(ctx, repo) })
	}
	group.Wait()
	return errors.Join(errs...)
}

func (p *Publisher) probe(ctx context.Context, repo name.Repository) error {
	opened, err := p.open(ctx, repo)
	if err != nil {
		return err
	}
	url := fmt.Sprintf("%s://%s/v2/%s/blobs/uploads/", repo.Scheme(), repo.RegistryStr(), repo.RepositoryStr())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("asking %s for permission to push: %w", repo, err)
	}
	client := &http.Client{Transport: opened}
	resp, err := client.Do(req)
	if err != nil {
		return registry.Explain(fmt.Sprintf("asking %s for permission to push", repo), repo, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		return nil
	}
	return registry.Explain(fmt.Sprintf("asking %s for permission to push", repo), repo, registry.Answer(resp))
}
