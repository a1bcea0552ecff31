package registry

import (
	"context"
	"fmt"
	"net/http"
)

// TokenClient returns a client that asks the token server of a registry. Where the
// server sends it elsewhere, it goes there only if the password may: the
// redirects 307 and 308 have a form with the password in it sent once more.
func (c *Client) TokenClient(registryHost string) *http.Client {
	return &http.Client{
		Transport: c.guarded(registryHost),
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if err := CheckRealm(registryHost, req.URL.String()); err != nil {
				return fmt.Errorf("%s sends its clients on: %w", via[0].URL.Host, err)
			}
			return nil
		},
	}
}

// LoggingIn returns a context for a login by TokenClient, which has as much patience as
// one of the client's own.
func (c *Client) LoggingIn(ctx context.Context) context.Context { return c.Patience.logIn(ctx) }

// guarded is the transport for a registry and what belongs to it.
func (c *Client) guarded(registryHost string) http.RoundTripper {
	return &retry{next: &guard{host: registryHost, next: c.base}, patience: c.Patience, known: &c.known}
}
