package registry

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestOutOfReach tells a registry that cannot be reached from one that answers
// badly, on real connections where there are some.
func TestOutOfReach(t *testing.T) {
	t.Parallel()
	mute := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	}))
	t.Cleanup(mute.Close)
	down := testenv.NewRegistry(t, testenv.RegistryOptions{})
	down.Stop()
	dead := &http.Transport{DialContext: (&net.Dialer{Timeout: 10 * time.Millisecond}).DialContext}
	proxied := &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) { return r.URL.Parse("http://" + down.Host) }}
	cases := []struct {
		name string
		host string
		base http.RoundTripper
		want bool
	}{
		{"refused", down.Host, newTransport(), true},
		{"no such host", "registry.invalid", &http.Transport{}, true},
		{"no answer to a connection", fullListener(t), dead, true},
		{"no route", "10.1.2.3:5000", failing(syscall.EHOSTUNREACH), true},
		{"no network", "10.1.2.3:5000", failing(syscall.ENETUNREACH), true},
		{"an answer that breaks", strings.TrimPrefix(mute.URL, "http://"), newTransport(), false},
		{"a certificate of nobody", testenv.NewRegistry(t, testenv.RegistryOptions{TLS: true}).Host, newTransport(), false},
		{"a proxy that is down", "registry.invalid", proxied, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			repo := newRepository(t, c.host+"/team/app")
			_, err := (&Client{credentials: login(repo), base: c.base}).Open(t.Context(), repo)
			if err == nil || OutOfReach(repo, err) != c.want {
				t.Errorf("OutOfReach(%s, %v) = %t, want %t", repo, err, !c.want, c.want)
			}
		})
	}
}

// TestCancelledIsNotOutOfReach ends a run while it opens a connection.
func TestCancelledIsNotOutOfReach(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, fullListener(t)+"/team/app")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := NewClient(login(repo), Situation{}).Open(ctx, repo)
	if !errors.Is(err, context.Canceled) || OutOfReach(repo, err) {
		t.Errorf("Open(%s) = %v, want that it was cancelled, and not that nothing is reached", repo, err)
	}
}

// TestTokenServerOutOfReach has a registry that answers and names a token server
// that does not: the advice is about the latter.
func TestTokenServerOutOfReach(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t)
	tokens.Realm = "http://localhost:1/token"
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	repo := newRepository(t, registry.Host+"/team/app")
	_, err := NewClient(login(repo), Situation{}).Open(t.Context(), repo)
	if err == nil || OutOfReach(repo, err) || !strings.Contains(err.Error(), registry.Host+" sends its clients to localhost:1, which cannot be reached") {
		t.Errorf("Open(%s) = %v, want that the token server cannot be reached", repo, err)
	}
	showsNoPassword(t, err)
}

// failing is a network without a way to anywhere.
func failing(why syscall.Errno) http.RoundTripper {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", why)}
	}}
}

// fullListener returns an address that takes no more connections and refuses
// none, as a firewall that drops packets does.
func fullListener(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	err = errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0))
	if err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: bound.(*syscall.SockaddrInet4).Port}).String()
	// The kernel takes one connection more than the queue holds, and drops the next.
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return address
}
