package testenv

import (
	"net"
	"sync"
)

// Mute takes connections on a free port of 127.0.0.1 and says nothing, until the test ends. The channel is closed at
// the first of them.
func Mute(t T) (host string, connected <-chan struct{}) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening without a word: %v", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	first, once := make(chan struct{}), sync.Once{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			t.Cleanup(func() { _ = conn.Close() })
			once.Do(func() { close(first) })
		}
	}()
	return listener.Addr().String(), first
}
