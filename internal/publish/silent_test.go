package publish_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestEachLeavesASilentLogin has everything that logs in wait for a registry that never
// answers, together with somebody who waits on: each leaves with its own context.
func TestEachLeavesASilentLogin(t *testing.T) {
	t.Parallel()
	digest := mustHash(t, "sha256:"+zeros)
	for title, phase := range map[string]func(context.Context, *publish.Publisher, name.Repository) error{
		"Preflight": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			return p.Preflight(ctx, []name.Repository{repo})
		},
		"Reach": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			return errors.Join(p.Reach(ctx, []name.Repository{repo}), context.Cause(ctx)) // it tells of no other fault
		},
		"Held": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			_, _, err := p.Held(ctx, repo.Tag("latest"))
			return err
		},
		"Tags": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			_, err := p.Tags(ctx, repo)
			return err
		},
		"Made": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			_, err := p.Made(ctx, repo.Tag("latest"))
			return err
		},
		"Find": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			_, err := p.Find(ctx, repo, digest)
			return err
		},
		"Tag": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			p.LookAhead(ctx, digest, tagsOf(repo, "latest"))
			_, err := p.Tag(ctx, digest, nil, tagsOf(repo, "latest"))
			return err
		},
		"There": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			p.LookAhead(context.WithoutCancel(ctx), digest, tagsOf(repo, "latest"))
			p.There(ctx, digest, tagsOf(repo, "latest"))
			return ctx.Err()
		},
		"ReadBack": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			_, err := p.ReadBack(ctx, tagsOf(repo, "latest"), digest)
			return err
		},
		"Assemble": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			one := []v1.Platform{{OS: "linux", Architecture: "amd64"}}
			_, err := p.Assemble(ctx, []name.Repository{repo}, one, nil, []image.Part{{Platforms: one, Digest: digest}})
			return err
		},
		"Public": func(ctx context.Context, p *publish.Publisher, repo name.Repository) error {
			_, err := p.Public(ctx, repo, digest)
			return err
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			host, connected := testenv.Mute(t)
			repo, publisher := newRepository(t, host+"/octo/app"), newPublisher(t, host, "", "")
			go func() { _, _ = publisher.Find(t.Context(), repo, digest) }() // waits on
			<-connected
			ctx, cancel := context.WithCancelCause(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- phase(ctx, publisher, repo) }()
			cause := errors.New("the run is cancelled")
			cancel(cause)
			select {
			case err := <-ended:
				if err == nil {
					t.Error("there is no error")
				}
			case <-time.After(30 * time.Second): // a login takes longer
				t.Error("it does not end with its context")
			}
		})
	}
}

// TestSilentLoginHasAnEnd has nobody cancel: the login ends by itself and says why.
func TestSilentLoginHasAnEnd(t *testing.T) {
	t.Parallel()
	host, _ := testenv.Mute(t)
	client := registry.NewClient(registry.Credentials{}, registry.Situation{})
	client.RetryPolicy.Login = 50 * time.Millisecond
	repo := newRepository(t, host+"/octo/app")
	_, err := publish.New(t.Context(), client).Tag(t.Context(), mustHash(t, "sha256:"+zeros), nil, tagsOf(repo, "latest"))
	if want := host + " is silent, or its token server is: no answer within 50ms"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Tag = %v, want that it says %q", err, want)
	}
	if limit := registry.RequestRetryPolicy().Login + 10*time.Second; limit > time.Minute { // with the preflight
		t.Errorf("a registry that never answers costs %s", limit)
	}
}

// TestLoginKeepsAWait has a registry ask for a longer wait than a login may be silent.
func TestLoginKeepsAWait(t *testing.T) {
	t.Parallel()
	proxy := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{Fault: testenv.Faults(testenv.Fault{
		Count: 1, Answer: testenv.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"4"}}},
	})})
	client := registry.NewClient(registry.Credentials{}, registry.Situation{})
	client.RetryPolicy.Login = 3 * time.Second
	repo := newRepository(t, proxy.Host+"/octo/app")
	if _, _, err := publish.New(t.Context(), client).Held(t.Context(), repo.Tag("latest")); err != nil {
		t.Errorf("Held = %v, want that the login waits as it is asked to", err)
	}
}
