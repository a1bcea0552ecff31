package testenv

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
)

// connectProxy is an HTTP proxy for HTTPS, as HTTPS_PROXY names one: it knows some hosts, and leads to no other.
type connectProxy struct {
	url    string
	known  map[string]string // host:port to the address of a server of this host
	inside map[string]bool   // host:port that conns takes
	conns  *connListener

	mu      sync.Mutex
	refused []string
}

// newConnectProxy starts a proxy that hands connections to the hosts in inside to its conns.
func newConnectProxy(t T, inside []string, known map[string]string) *connectProxy {
	t.Helper()
	p := &connectProxy{known: known, inside: map[string]bool{}, conns: newConnListener()}
	for _, host := range inside {
		p.inside[net.JoinHostPort(host, "443")] = true
	}
	t.Cleanup(func() { _ = p.conns.Close() })
	p.url = "http://" + serve(t, p, nil)
	return p
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	server, known := p.known[r.Host]
	if r.Method != http.MethodConnect || !known && !p.inside[r.Host] {
		p.mu.Lock()
		p.refused = append(p.refused, r.Host)
		p.mu.Unlock()
		http.Error(w, "this test knows no "+r.Host, http.StatusForbidden)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // it is HTTP/1.1
	}
	if _, err := fmt.Fprint(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = conn.Close()
		return
	}
	if known {
		forward(conn, "tcp", server)
		return
	}
	// The connection itself: what the server does to it, such as a reset, the client sees.
	p.conns.give(conn)
}

// refusedHosts returns the hosts that were asked for in vain.
func (p *connectProxy) refusedHosts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.refused)
}

// connListener is a net.Listener of connections that are there already.
type connListener struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
}

func newConnListener() *connListener {
	return &connListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *connListener) give(conn net.Conn) {
	select {
	case l.conns <- conn:
	case <-l.done:
		_ = conn.Close()
	}
}

// Accept returns the next connection.
func (l *connListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept, and leaves connections that were taken alone.
func (l *connListener) Close() error {
	l.close.Do(func() { close(l.done) })
	return nil
}

// Addr has no meaning: nobody dials it.
func (l *connListener) Addr() net.Addr { return &net.TCPAddr{} }
