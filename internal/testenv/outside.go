package testenv

import "net"

// Outside lets everybody who does not take plain HTTP from loopback reach a server there, and returns its address on
// another of this host's interfaces, or "" where there is none. BuildKit speaks plain HTTP to any registry on loopback.
func Outside(t T, hostport string) string {
	t.Helper()
	for _, ip := range ownAddresses(t) {
		if ip.IsLoopback() || ip.To4() == nil {
			continue
		}
		listener := (*Network)(nil).listen(t, net.JoinHostPort(ip.String(), "0"))
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return // closed
				}
				go forward(conn, "tcp", hostport)
			}
		}()
		return listener.Addr().String()
	}
	return ""
}
