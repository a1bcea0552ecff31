package testenv

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// ProxyOptions say what a proxy does besides counting; the zero value passes everything on at once.
type ProxyOptions struct {
	// Delay is waited before every answer, as if the registry were that far away.
	Delay time.Duration
	// Fault may return an answer to give in place of the target's, or nil to pass the request on. n counts requests
	// from 1 in the order of their arrival. It runs in the goroutine of the request, several at a time.
	Fault func(n int, r *http.Request) *Answer
	// Network is where it listens, in place of the host's; the target is always on the host.
	Network *Network
}

// ProxyRequest is one request that reached a proxy.
type ProxyRequest struct {
	Time   time.Time // of its arrival
	Method string
	Host   string // that it was sent to
	Path   string // as it was sent, with the escapes that it had
	Query  url.Values
	// Authorization is the header, with the secret in it.
	Authorization string
	Status        int // 0 until there is an answer, and for good when there is none
}

// Proxy is an HTTP reverse proxy in front of a registry or a TokenServer on plain HTTP. Requests for a token go to the
// token server directly, unless its Realm says otherwise.
type Proxy struct {
	Host string // 127.0.0.1:port
	URL  string // http://Host

	opt     ProxyOptions
	forward http.Handler

	mu       sync.Mutex
	requests []ProxyRequest
}

// NewProxy starts a proxy on a free port of 127.0.0.1 in front of targetHost, a host:port. It ends with the test.
func NewProxy(t T, targetHost string, opt ProxyOptions) *Proxy {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	target := &url.URL{Scheme: "http", Host: targetHost}
	p := &Proxy{opt: opt, forward: &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			// The registry builds the Location of an upload from Host, so clients stay with the proxy. The other way,
			// http.relativeurls in the registry's configuration, gives answers that real registries seldom give.
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}}
	p.Host = serve(t, p, opt.Network)
	p.URL = "http://" + p.Host
	return p
}

// Requests returns the requests so far, in the order of their arrival. An HTTPS handshake, which go-containerregistry
// tries on any host first, is none.
func (p *Proxy) Requests() []ProxyRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Realm returns the address of the TokenServer behind the proxy, for TokenServer.Realm.
func (p *Proxy) Realm() string { return realm(p.Host) }

// Count returns the number of requests so far with the method, or of all if it is empty.
func (p *Proxy) Count(method string) int {
	n := 0
	for _, r := range p.Requests() {
		if method == "" || r.Method == method {
			n++
		}
	}
	return n
}

// ServeHTTP records, waits, and answers or passes on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.requests = append(p.requests, ProxyRequest{
		Time: time.Now(), Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.Query(),
		Authorization: r.Header.Get("Authorization"),
	})
	n := len(p.requests)
	p.mu.Unlock()
	if !wait(r, p.opt.Delay) {
		return
	}
	w = &statusWriter{ResponseWriter: w, record: func(status int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.requests[n-1].Status = status
	}}
	if p.opt.Fault != nil {
		if answer := p.opt.Fault(n, r); answer != nil {
			answer.serve(w, r, p.forward)
			return
		}
	}
	p.forward.ServeHTTP(w, r)
}

// wait returns false when the client has gone before.
func wait(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}

// statusWriter records the status before the client can see it.
type statusWriter struct {
	http.ResponseWriter
	record func(status int)
}

func (w *statusWriter) WriteHeader(status int) {
	if status >= http.StatusOK { // not 1xx, which comes besides the answer
		w.record(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach Flush and Hijack.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
