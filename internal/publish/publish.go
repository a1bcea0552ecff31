// Package publish asks whether a run may push, and moves tags to an image that
// BuildKit has pushed by its digest.
package publish

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/registry"
)

// parallel is how many requests to one registry are under way at a time. A
// registry that counts requests sees no more than from a browser.
const parallel = 8

// preflightWithin is how long permission is asked for. A registry that does not
// answer in time has not said no.
const preflightWithin = 10 * time.Second

// Publisher talks to the registries of one run. Each repository is logged in to
// once, or until that succeeds. It is safe for concurrent use.
type Publisher struct {
	client *registry.Client
	logIn  func(name.Repository) *login
	mu     sync.Mutex
	logins map[name.Repository]*login // the last attempt, which all that need it wait for
	ahead  atomic.Pointer[pending.Answer[*ahead]]
}

type login = pending.Answer[http.RoundTripper]

// New returns a Publisher that logs in through client. A login ends with ctx, which is
// the run's: several wait for it, and none of them is to end it for the others.
func New(ctx context.Context, client *registry.Client) *Publisher {
	return &Publisher{client: client, logins: map[name.Repository]*login{}, logIn: func(repo name.Repository) *login {
		return pending.Begin(ctx, 0, func(ctx context.Context) (http.RoundTripper, error) { return client.Open(ctx, repo) })
	}}
}

// open logs in to a repository, or returns the transport of an earlier login. It waits
// for that no longer than ctx lasts.
func (p *Publisher) open(ctx context.Context, repo name.Repository) (http.RoundTripper, error) {
	return p.login(repo).Wait(ctx)
}

func (p *Publisher) login(repo name.Repository) *login {
	p.mu.Lock()
	defer p.mu.Unlock()
	attempt := p.logins[repo]
	if attempt == nil || attempt.Failed() {
		attempt = p.logIn(repo)
		p.logins[repo] = attempt
	}
	return attempt
}

// Preflight asks every repository for permission to push, at the same time. It
// begins an upload and takes it back: no image and no version of a package
// exists until a manifest is put. Only a clear no, such as that there is no such
// repository, and a registry that cannot be reached are errors; any other answer, and
// none in time or of any use, says nothing, and the run goes on. All errors are joined,
// in an *UnreachableError where none of them is a no.
func (p *Publisher) Preflight(ctx context.Context, repos []name.Repository) error {
	return judge(repos, each(ctx, repos, p.probe))
}

// each asks every repository, at the same time and no longer than
// preflightWithin. The errors are in the order of the repositories.
func each(ctx context.Context, repos []name.Repository, ask func(context.Context, name.Repository) error) []error {
	limited, cancel := context.WithTimeout(ctx, preflightWithin)
	defer cancel()
	errs := make([]error, len(repos))
	var group sync.WaitGroup
	for i, repo := range repos {
		group.Go(func() {
			errs[i] = ask(limited, repo)
			if registry.GaveUp(errs[i]) || limited.Err() != nil && ctx.Err() == nil {
				errs[i] = nil // it was tries or the time that ran out
			}
		})
	}
	group.Wait()
	return errs
}

func (p *Publisher) probe(ctx context.Context, repo name.Repository) error {
	opened, err := p.open(ctx, repo)
	if err != nil {
		return err
	}
	doing := fmt.Sprintf("asking %s for permission to push", repo)
	url := fmt.Sprintf("%s://%s/v2/%s/blobs/uploads/", repo.Scheme(), repo.RegistryStr(), repo.RepositoryStr())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	client := &http.Client{Transport: opened, CheckRedirect: stay}
	resp, err := client.Do(req)
	if err != nil {
		return p.client.Explain(ctx, registry.Pushing, doing, repo, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusAccepted {
		go takeBack(context.WithoutCancel(ctx), client, resp)
		return nil
	}
	answer := registry.Answer(resp)
	if explained := p.client.Explain(ctx, registry.Pushing, doing, repo, answer); registry.Refused(answer) || registry.Lasts(explained) {
		return explained
	}
	return nil
}

// stay follows no redirect: where an upload begins is not asked elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// takeBack cancels the upload that a probe has begun, as far as the registry
// lets it: GitHub's does not, and lets it expire.
func takeBack(ctx context.Context, client *http.Client, resp *http.Response) {
	location, err := resp.Location()
	if err != nil || location.Host != resp.Request.URL.Host {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, preflightWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, location.String(), http.NoBody)
	if err != nil {
		return
	}
	if answer, err := client.Do(req); err == nil {
		_ = answer.Body.Close()
	}
}
