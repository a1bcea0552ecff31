package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-build/slipway/internal/packages"
)

// explainWithin is how long a registry, and GitHub, may each take to say why
// something was refused.
const explainWithin = 3 * time.Second

// acceptsWithin is how long a registry may take to say whether a login may push. It
// is longer: one in a storm of requests is slow, and a push depends on it.
const acceptsWithin = time.Minute

// Explain wraps what went wrong while doing something with a repository, and adds
// what it means and what the workflow author can do. A no without a reason is
// asked for again in a way that has one, and of a package of GitHub's the API is
// asked what it knows. It returns err unchanged when it has been explained already.
func (c *Client) Explain(ctx context.Context, access Access, doing string, repo name.Repository, err error) error {
	if explained := (*Error)(nil); errors.As(err, &explained) || ctx.Err() != nil {
		return err
	}
	refusal := ReadRefusal(err)
	if refusal.silent() && !refusal.ofLogin() {
		refusal = c.askAgain(ctx, access, repo, refusal)
	}
	return c.explain(ctx, access, doing, repo, refusal, err)
}

// explain is Explain for a refusal that says all that the registry will.
func (c *Client) explain(ctx context.Context, access Access, doing string, repo name.Repository, refusal Refusal, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	login := c.credentials.For(ctx, repo.RegistryStr())
	r := refused{
		Refusal: refusal, Situation: c.situation, access: access, repo: repo,
		anonymous: login == authn.AuthConfig{}, token: packages.TokenOf(login.Password),
	}
	if refusal.Denied() {
		r.found = c.lookUp(ctx, repo)
	}
	return &Error{Doing: doing, Meaning: r.meaning(err), Denied: refusal.Denied(), host: hostOf(repo), refusal: refusal, cause: err}
}

// lookUp asks GitHub about a package of its container registry.
func (c *Client) lookUp(ctx context.Context, repo name.Repository) Package {
	if c.situation.Package == nil || c.situation.Server.KindOf(repo.RegistryStr()) != packages.Container {
		return Package{}
	}
	limited, cancel := context.WithTimeout(ctx, explainWithin)
	defer cancel()
	owner, name := packages.Split(repo.RepositoryStr())
	return c.situation.Package(limited, owner, name)
}

// askAgain asks for what was refused without a word. Without a better answer it
// returns the first.
func (c *Client) askAgain(ctx context.Context, access Access, repo name.Repository, first Refusal) Refusal {
	limited, cancel := context.WithTimeout(ctx, explainWithin)
	defer cancel()
	again, answered := c.ask(limited, access, repo, first)
	if answered && again.Denied() && !again.silent() {
		return again
	}
	first.mayPush = answered && access == Pushing && again.Status == 0
	return first
}

// Accepts tells whether a registry lets this login push after all, when it has
// answered 401 to somebody else's push, and no reason. containerd, which pushes for
// BuildKit, sends a request six times: what is answered 429 before has used them up,
// and none is left to log in with. And it goes on with a token that was revoked, where
// the challenge does not call it invalid. The next push has a fresh one, once.
func (c *Client) Accepts(ctx context.Context, repo name.Repository, err error) bool {
	first := ReadRefusal(err)
	if first.Status != http.StatusUnauthorized || first.reason() != "" && !first.says("token") || !first.by(repo.Registry) {
		return false
	}
	if !first.silent() {
		if _, renewed := c.renewed.LoadOrStore(repo, true); renewed {
			return false
		}
	}
	limited, cancel := context.WithTimeout(ctx, acceptsWithin)
	defer cancel()
	again, answered := c.ask(limited, Pushing, repo, first)
	return answered && again.Status == 0
}

// AsksToWait returns how long a registry asks to wait, when it has answered somebody else's
// push that it has too much to do. That answer's header is not known: the beginning of
// an upload is asked for, once. It is 0 where the registry does not say, or takes it.
func (c *Client) AsksToWait(ctx context.Context, repo name.Repository, err error) time.Duration {
	if status := ReadRefusal(err).Status; status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	limited, cancel := context.WithTimeout(ctx, explainWithin)
	defer cancel()
	once := &Client{RetryPolicy: RetryPolicy{Tries: 1}, credentials: c.credentials, situation: c.situation, base: c.base}
	var gaveUp *GaveUpError
	if errors.As(once.send(limited, repo, http.MethodPost, uploadsBegin), &gaveUp) {
		return gaveUp.Wants
	}
	return 0
}

// uploadsBegin is where an upload begins, in a repository.
const uploadsBegin = "blobs/uploads/"

// ask asks for what was refused by a request whose answer has a body: for an upload,
// or for the manifest itself. Nothing is refused where the status is 0.
func (c *Client) ask(ctx context.Context, access Access, repo name.Repository, first Refusal) (again Refusal, answered bool) {
	method, path := http.MethodPost, uploadsBegin
	if access == Pulling {
		method, path = http.MethodGet, "manifests/latest"
		if _, asked, found := strings.Cut(first.URL, "/v2/"+repo.RepositoryStr()+"/"); found {
			path = asked
		}
	}
	err := c.send(ctx, repo, method, path)
	var explained *Error
	var answer *transport.Error
	switch {
	case err == nil:
		return Refusal{}, true
	case errors.As(err, &explained):
		return explained.refusal, true
	case !GaveUp(err) && errors.As(err, &answer):
		return ofAnswer(answer), true
	}
	return Refusal{}, false
}

// send logs in to a repository, and makes a request there without a body.
func (c *Client) send(ctx context.Context, repo name.Repository, method, path string) error {
	opened, err := c.Open(ctx, repo)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("%s://%s/v2/%s/%s", repo.Scheme(), repo.RegistryStr(), repo.RepositoryStr(), path)
	req, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := opened.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < http.StatusBadRequest {
		return nil
	}
	return Answer(resp)
}
