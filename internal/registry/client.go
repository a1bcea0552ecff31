package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Client opens repositories. One is used for a whole run, so that connections
// are used again.
type Client struct {
	credentials Credentials
	base        http.RoundTripper
}

// NewClient returns a client that uses these credentials.
func NewClient(credentials Credentials) *Client {
	return &Client{credentials: credentials, base: newTransport()}
}

// newTransport is http.DefaultTransport with room for as many connections to
// one registry as tags are moved at a time.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
	}
}

// Open asks the registry how it wants to be asked, logs in for pulling and
// pushing, and returns a transport for requests to that repository.
func (c *Client) Open(ctx context.Context, repo name.Repository) (http.RoundTripper, error) {
	next := http.RoundTripper(&guard{host: repo.RegistryStr(), next: c.base})
	next = transport.NewRetry(next)
	auth := authn.FromConfig(c.credentials.For(repo.RegistryStr()))
	opened, err := transport.NewWithContext(ctx, repo.Registry, auth, next, []string{repo.Scope(transport.PushScope)})
	if err != nil {
		return nil, Explain(fmt.Sprintf("logging in to %s", repo.RegistryStr()), repo, err)
	}
	return opened, nil
}

// Answer reads a registry's refusal into an error that Explain understands. It
// reads the body and leaves closing it to the caller.
func Answer(resp *http.Response) error {
	return transport.CheckError(resp)
}
