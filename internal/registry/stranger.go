package registry

import (
	"context"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// OpenAsStranger is Open without a login, for pulling alone: no stranger may ask
// for more. It uses the connections that there are.
func (c *Client) OpenAsStranger(ctx context.Context, repo name.Repository) (http.RoundTripper, error) {
	stranger := &Client{Patience: c.Patience, base: c.base}
	return stranger.open(ctx, repo, transport.PullScope)
}
