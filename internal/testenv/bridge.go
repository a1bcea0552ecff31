package testenv

import "net"

// BridgeIP is the address of every engine on its bridge: each has a network of its own. Its containers reach it there,
// as they do not reach its loopback.
const BridgeIP = "172.17.0.1"

// Expose lets the engine and its containers reach a server on this host's loopback, and returns the address that it
// has for them: the same port of BridgeIP.
func (e *Engine) Expose(t T, hostport string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(hostport)
	if err != nil {
		t.Fatalf("exposing %s to an engine: %v", hostport, err)
	}
	exposed := net.JoinHostPort(BridgeIP, port)
	e.Network(t).forward(t, exposed, hostport)
	return exposed
}

// Crash ends dockerd alone with SIGKILL. Its containers go on without it, as they do when it crashes, until the test
// ends.
func (e *Engine) Crash(t T) {
	family := descendants(e.Pid) // known only while it lives
	t.Cleanup(func() {
		for _, member := range family {
			_ = member.Kill()
			_ = member.Release()
		}
	})
	_ = e.process.cmd.Process.Kill()
}
