package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Client opens repositories, and explains why one does not open. One is used for
// a whole run, so that connections are used again.
type Client struct {
	// Patience is that with requests which fail in passing. It is not to be
	// changed after the first.
	Patience Patience

	credentials Credentials
	situation   Situation
	base        http.RoundTripper
	known       sync.Map // hosts, with their ports, that have answered
	renewed     sync.Map // name.Repository whose pushes have had a fresh token, where Accepts has allowed one
}

// NewClient returns a client that uses these credentials, for a run in this
// situation.
func NewClient(credentials Credentials, situation Situation) *Client {
	return &Client{Patience: RequestPatience(), credentials: credentials, situation: situation, base: newTransport()}
}

// Credentials returns what the client logs in with.
func (c *Client) Credentials() Credentials { return c.credentials }

// dialWithin is how long a host may take to take a connection: two packets may be
// lost on the way. It is shorter than publish waits for permission, so that a host
// that is never reached is told from one that is slow to answer.
const dialWithin = 5 * time.Second

// newTransport is http.DefaultTransport with room for as many connections to
// one registry as tags are moved at a time.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialWithin, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,

		MaxResponseHeaderBytes: maxHeader,
	}
}

// Open asks the registry how it wants to be asked, logs in for pulling and
// pushing, and returns a transport for requests to that repository.
func (c *Client) Open(ctx context.Context, repo name.Repository) (http.RoundTripper, error) {
	return c.open(ctx, repo, transport.PushScope)
}

func (c *Client) open(ctx context.Context, repo name.Repository, scope string) (http.RoundTripper, error) {
	asking := c.Patience.logIn(ctx)
	auth := authn.FromConfig(c.credentials.For(ctx, repo.RegistryStr()))
	opened, err := transport.NewWithContext(asking, repo.Registry, auth, c.guarded(repo.RegistryStr()), []string{repo.Scope(scope)})
	if err != nil {
		return nil, c.explain(ctx, Pushing, fmt.Sprintf("logging in to %s", repo.RegistryStr()), repo, ReadRefusal(err), err)
	}
	return opened, nil
}

// Answer reads a registry's refusal into an error that Explain understands. It
// reads the body and leaves closing it to the caller.
func Answer(resp *http.Response) error {
	return transport.CheckError(resp)
}
