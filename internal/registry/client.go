package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
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
	// RetryPolicy is that with requests which fail transiently. It is not to be
	// changed after the first.
	RetryPolicy RetryPolicy

	credentials Credentials
	situation   Situation
	base        http.RoundTripper
	known       sync.Map // hosts, with their ports, that have answered
	renewed     sync.Map // name.Repository whose pushes have had a fresh token, where Accepts has allowed one
}

// NewClient returns a client that uses these credentials, for a run in this
// situation.
func NewClient(credentials Credentials, situation Situation) *Client {
	return &Client{RetryPolicy: RequestRetryPolicy(), credentials: credentials, situation: situation, base: newTransport()}
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
	asking := c.RetryPolicy.logIn(ctx)
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

// OpenAnonymous is Open without a login, for pulling alone: no stranger may ask
// for more. It uses the connections that there are.
func (c *Client) OpenAnonymous(ctx context.Context, repo name.Repository) (http.RoundTripper, error) {
	stranger := &Client{RetryPolicy: c.RetryPolicy, base: c.base}
	return stranger.open(ctx, repo, transport.PullScope)
}

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

// LoggingIn returns a context for a login by TokenClient, which has the retry policy of
// one of the client's own.
func (c *Client) LoggingIn(ctx context.Context) context.Context { return c.RetryPolicy.logIn(ctx) }

// guarded is the transport for a registry and what belongs to it.
func (c *Client) guarded(registryHost string) http.RoundTripper {
	return &retry{next: &guard{host: registryHost, next: c.base}, retryPolicy: c.RetryPolicy, known: &c.known}
}

// NewTrustingClient returns a client that trusts the certificate authorities of a PEM text
// besides the system's.
func NewTrustingClient(credentials Credentials, situation Situation, ca []byte) (*Client, error) {
	client, transport := NewClient(credentials, situation), newTransport()
	if err := trust(transport, ca); err != nil {
		return nil, err
	}
	client.base = transport
	return client, nil
}

// trust adds authorities to those of the system, which the variables
// SSL_CERT_FILE and SSL_CERT_DIR may name. Without any it changes nothing.
func trust(transport *http.Transport, ca []byte) error {
	if len(ca) == 0 {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return fmt.Errorf("reading the system's authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(ca) {
		return errors.New("reading the input registry-ca: it holds no certificate")
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return nil
}
