package registry

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/slipway-build/slipway/internal/host"
)

// guard is a transport for one registry that keeps credentials with it,
// whatever the registry answers: nothing is sent over plain http except to
// loopback, a bearer token goes to the registry's host alone, and a password
// there or to a token server that belongs to it.
type guard struct {
	host string // the registry's, with its port
	next http.RoundTripper
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "http" && !host.Loopback(req.URL.Hostname()) {
		return nil, fmt.Errorf("asking %s: %s; serve the registry over https", req.URL.Host, onlyLoopback)
	}
	if redirects(req) > mostRedirects {
		return nil, fmt.Errorf("%s sends its clients on and on, from one address to the next", g.host)
	}
	req, err := unread(req)
	if err != nil {
		return nil, err
	}
	authorization := req.Header.Get("Authorization")
	if authorization == "" {
		return g.send(req)
	}
	if sameHost(g.host, req.URL) {
		resp, err := g.send(req)
		return challenged(resp, authorization), err
	}
	if scheme, _, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "basic") {
		if err := CheckRealm(g.host, req.URL.String()); err != nil {
			return nil, err
		}
		return g.send(req)
	}
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	return g.send(req)
}

// send passes a request on.
func (g *guard) send(req *http.Request) (*http.Response, error) {
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, unreachable(req.URL.Host, err)
	}
	return bounded(resp, req.URL.Host, answerWithin), nil
}

// onlyLoopback is why a request over plain http is not sent.
const onlyLoopback = "plain http is used for loopback addresses only"

// challenged adds a challenge to a bare 401 in answer to a token, which the registry may
// have revoked: go-containerregistry fetches a fresh one, once, where it sees one.
func challenged(resp *http.Response, authorization string) *http.Response {
	const bearer, header = "Bearer", "Www-Authenticate"
	if resp != nil && resp.StatusCode == http.StatusUnauthorized && resp.Header.Get(header) == "" && strings.HasPrefix(authorization, bearer+" ") {
		resp.Header.Set(header, bearer)
	}
	return resp
}

// mostRedirects are followed, one after another. Downloads have one or two.
const mostRedirects = 5

// redirects counts those that have led to a request. go-containerregistry does not,
// and takes a redirect to plain http for one to https: it would go round for ever.
func redirects(req *http.Request) int {
	n := 0
	for ; req.Response != nil && req.Response.Request != nil; req = req.Response.Request {
		n++
	}
	return n
}

// unread returns a request with its body from the start. go-containerregistry
// sends a request again when its token has run out, with the body that the first
// attempt has read.
func unread(req *http.Request) (*http.Request, error) {
	if req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("asking %s again: %w", req.URL.Host, err)
	}
	again := req.Clone(req.Context())
	again.Body = body
	return again, nil
}

// CheckRealm tells whether a password for a registry may be sent to the token
// server that the registry names: https, and the same host or one of the same
// registrable domain (auth.docker.io for registry-1.docker.io). Between
// loopback addresses http and any port will do. A registry that names another
// realm is broken or hostile.
func CheckRealm(registryHost, realm string) error {
	u, err := url.Parse(realm)
	if err != nil {
		return fmt.Errorf("reading the token realm %q of %s: %w", realm, registryHost, err)
	}
	name := host.Name(registryHost)
	switch {
	case host.Loopback(name) && host.Loopback(u.Hostname()):
		return nil
	case u.Scheme != "https":
		return fmt.Errorf("asking %s for a token: its realm %q is not https, and the credentials stay here", registryHost, realm)
	case strings.EqualFold(u.Host, registryHost), sameDomain(name, u.Hostname()):
		return nil
	}
	return fmt.Errorf("asking %s for a token: its realm %q belongs to another site, and the credentials stay here", registryHost, realm)
}

func sameDomain(a, b string) bool {
	domainA, errA := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(a))
	domainB, errB := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(b))
	return errA == nil && errB == nil && domainA == domainB
}

// sameHost compares host and port; the default port may be left out.
func sameHost(hostport string, u *url.URL) bool {
	return withPort(hostport, u.Scheme) == withPort(u.Host, u.Scheme)
}

func withPort(hostport, scheme string) string {
	hostport = strings.ToLower(hostport)
	if _, _, err := net.SplitHostPort(hostport); err == nil {
		return hostport
	}
	return net.JoinHostPort(host.Name(hostport), map[string]string{"http": "80", "https": "443"}[scheme])
}
