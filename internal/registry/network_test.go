package registry

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

const (
	user     = "octocat"
	password = "ghs_TheRunsOwnToken"
	encoded  = "b2N0b2NhdDpnaHNfVGhlUnVuc093blRva2Vu" // user:password in base64
)

func newRepository(t *testing.T, written string, options ...name.Option) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(written, options...)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func login(repo name.Repository) Credentials {
	return Credentials{}.With(repo.Registry, user, password)
}

// request is what a server saw of a request.
type request struct{ method, url, authorization string }

// record keeps what reached a server. It is safe for concurrent use.
type record struct {
	mu       sync.Mutex
	requests []request
}

func (r *record) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.requests = append(r.requests, request{req.Method, req.Host + req.URL.String(), req.Header.Get("Authorization")})
		r.mu.Unlock()
		next.ServeHTTP(w, req)
	})
}

func (r *record) all() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request{}, r.requests...)
}

// authorizations returns the Authorization headers that came.
func (r *record) authorizations() []string {
	var came []string
	for _, req := range r.all() {
		if req.authorization != "" {
			came = append(came, req.authorization)
		}
	}
	return came
}

// newNetwork returns a transport on which every name is this one server: with
// TLS, and on port 80 and for http on loopback without.
func newNetwork(t *testing.T, handler http.Handler) *http.Transport {
	t.Helper()
	secure, open := httptest.NewTLSServer(handler), httptest.NewServer(handler)
	t.Cleanup(secure.Close)
	t.Cleanup(open.Close)
	dialer := &net.Dialer{}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // names that a test makes up have no certificates
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, open.Listener.Addr().String())
		},
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			config := &tls.Config{InsecureSkipVerify: true}
			return (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, network, secure.Listener.Addr().String())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// newSites is a network of several servers, each under its own name.
func newSites(t *testing.T, sites map[string]http.Handler) *http.Transport {
	t.Helper()
	return newNetwork(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site, ok := sites[r.Host]
		if !ok {
			http.Error(w, fmt.Sprintf("no site %q in this test", r.Host), http.StatusMisdirectedRequest)
			return
		}
		site.ServeHTTP(w, r)
	}))
}

// dialAlways is a transport on which every name is the server at this address.
func dialAlways(address string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
}

// showsNoPassword fails the test when a message holds the password in any form.
func showsNoPassword(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range []string{password, encoded} {
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
			t.Errorf("the message shows the password: %v", err)
		}
	}
}
