package testenv

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Network is a network namespace with a loopback of its own: what listens there on 127.0.0.1 is not reached from this
// process. Daemons that are started in one reach each other.
type Network struct{ namespace *os.File }

// NewNetwork makes a network (root only). It ends with the test and with what runs in it.
func NewNetwork(t T) *Network {
	t.Helper()
	n := &Network{}
	err := apart(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		if err := loopbackUp(); err != nil {
			return err
		}
		var err error
		n.namespace, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		t.Fatalf("making a network namespace: %v", err)
	}
	t.Cleanup(func() { _ = n.namespace.Close() })
	return n
}

// Network returns the network of the engine, for a registry beside it.
func (e *Engine) Network(t T) *Network {
	t.Helper()
	namespace, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", e.Pid))
	if err != nil {
		t.Fatalf("opening the engine's network: %v", err)
	}
	t.Cleanup(func() { _ = namespace.Close() })
	return &Network{namespace}
}

// Transport returns a new transport whose connections start in the network.
func (n *Network) Transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, kind, address string) (conn net.Conn, err error) {
		err = n.in(func() error {
			conn, err = new(net.Dialer).DialContext(ctx, kind, address)
			return err
		})
		return conn, err
	}}
}

// Forward lets what runs in the network reach a server on this host's loopback, such as a Registry, under the same
// address: it listens there in the network and passes connections on.
func (n *Network) Forward(t T, hostport string) {
	t.Helper()
	n.forward(t, hostport, hostport)
}

// forward passes connections to an address in the network on to a server of this host.
func (n *Network) forward(t T, address, server string) {
	t.Helper()
	passOn(t, n.listen(t, address), "tcp", server)
}

// passOn passes connections on to a server of this host, until the test ends.
func passOn(t T, listener net.Listener, kind, server string) {
	t.Helper()
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go forward(conn, kind, server)
		}
	}()
}

func forward(conn net.Conn, kind, address string) {
	defer conn.Close()
	server, err := net.Dial(kind, address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, conn)
		_ = server.(interface{ CloseWrite() error }).CloseWrite()
	}()
	_, _ = io.Copy(conn, server)
}

// in calls f in the network. A socket stays in the namespace that it was made in.
func (n *Network) in(f func() error) error {
	return apart(func() error {
		if err := n.enter(); err != nil {
			return err
		}
		return f()
	})
}

// enter moves the current thread, which must be locked, into the network; nil is the host's.
func (n *Network) enter() error {
	if n == nil {
		return nil
	}
	return unix.Setns(int(n.namespace.Fd()), unix.CLONE_NEWNET)
}

// listen listens in the network; nil is the host's.
func (n *Network) listen(t T, address string) net.Listener {
	t.Helper()
	var listener net.Listener
	err := n.in(func() (err error) {
		listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		return err
	})
	if err != nil {
		t.Fatalf("listening on %s: %v", address, err)
	}
	return listener
}

// reserve returns a free 127.0.0.1:port of this host where nothing listens until the test ends: a server that takes it
// in another network is refused here, and not mistaken for the server of another test. With silent, connections are
// neither refused nor taken, as behind a firewall that drops packets.
func reserve(t T, silent bool) string {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("reserving a port: %v", err)
	}
	t.Cleanup(func() { _ = unix.Close(socket) })
	if err := unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatalf("reserving a port: %v", err)
	}
	bound, err := unix.Getsockname(socket)
	if err != nil {
		t.Fatalf("reserving a port: %v", err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", bound.(*unix.SockaddrInet4).Port)
	if !silent {
		return address
	}
	// The kernel takes one connection more than the queue holds, and drops the next.
	if err := unix.Listen(socket, 0); err != nil {
		t.Fatalf("listening on %s: %v", address, err)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("filling the queue of %s: %v", address, err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return address
}

// apart calls f on a thread that ends with it: nothing else ever runs where f has taken it.
func apart(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		result <- f()
	}()
	return <-result
}
