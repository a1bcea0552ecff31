package registry

import (
	"strings"
	"testing"
)

func TestPasswordMayGoToTheRegistrysOwnTokenServer(t *testing.T) {
	t.Parallel()
	cases := []struct{ registry, realm string }{
		{"ghcr.io", "https://ghcr.io/token"},
		{"ghcr.io", "https://GHCR.IO/token"},
		{"ghcr.io", "https://ghcr.io/token?service=ghcr.io&scope=x"},
		{"registry-1.docker.io", "https://auth.docker.io/token"},
		{"index.docker.io", "https://auth.docker.io/token"},
		{"registry.gitlab.com", "https://gitlab.com/jwt/auth"},
		{"quay.io", "https://quay.io/v2/auth"},
		{"registry.example.co.uk", "https://login.example.co.uk/token"},
		{"registry.example.com:5000", "https://registry.example.com:5000/token"},
		{"registry.example.com:5000", "https://auth.example.com/token"},
		{"registry:5000", "https://registry:5000/token"},
		{"10.1.2.3:5000", "https://10.1.2.3:5000/token"},
		{"[2001:db8::1]:5000", "https://[2001:db8::1]:5000/token"},
		{"127.0.0.1:5000", "http://127.0.0.1:5000/token"},
		{"127.0.0.1:5000", "http://localhost:5001/token"},
		{"localhost:5000", "http://127.0.0.1:5001/token"},
		{"[::1]:5000", "http://localhost:5001/token"},
	}
	for _, c := range cases {
		t.Run(c.registry+" "+c.realm, func(t *testing.T) {
			t.Parallel()
			if err := CheckRealm(c.registry, c.realm); err != nil {
				t.Errorf("CheckRealm(%q, %q) = %v, want nil", c.registry, c.realm, err)
			}
		})
	}
}

func TestPasswordStaysAwayFromOtherTokenServers(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, registry, realm string }{
		{"another site", "ghcr.io", "https://evil.com/token"},
		{"the host as a prefix", "ghcr.io", "https://ghcr.io.evil.com/token"},
		{"the host as a suffix", "ghcr.io", "https://evilghcr.io/token"},
		{"the host in the path", "ghcr.io", "https://evil.com/ghcr.io"},
		{"the host in the query", "ghcr.io", "https://evil.com?ghcr.io"},
		{"the host in the fragment", "ghcr.io", "https://evil.com#@ghcr.io/"},
		{"the host as a user", "ghcr.io", "https://ghcr.io@evil.com/token"},
		{"the host as a user with a password", "ghcr.io", "https://ghcr.io:443@evil.com/token"},
		{"a backslash", "ghcr.io", `https://evil.com\@ghcr.io/`},
		{"an escaped dot", "ghcr.io", "https://ghcr.io%2eevil.com/"},
		{"a null byte", "ghcr.io", "https://ghcr.io\x00.evil.com/"},
		{"a trailing dot", "ghcr.io", "https://ghcr.io.evil.com./"},
		{"plain http", "ghcr.io", "http://ghcr.io/token"},
		{"no scheme", "ghcr.io", "//ghcr.io/token"},
		{"no scheme and no slashes", "ghcr.io", "ghcr.io/token"},
		{"a path", "ghcr.io", "/token"},
		{"another scheme", "ghcr.io", "ftp://ghcr.io/token"},
		{"nothing", "ghcr.io", ""},
		{"not a URL", "ghcr.io", "https://ghcr.io:evil/"},
		{"the top domain in common", "registry.example.com", "https://registry.evil.com/"},
		{"a public suffix in common", "registry.co.uk", "https://evil.co.uk/"},
		{"a hosting site in common", "alice.github.io", "https://bob.github.io/token"},
		{"the hosting site itself", "alice.github.io", "https://github.io/token"},
		{"a name without dots", "registry:5000", "https://evil:5000/token"},
		{"an address that ends alike", "10.1.2.3:5000", "https://10.9.2.3:5000/token"},
		{"another address", "[2001:db8::1]:5000", "https://[2001:db8::2]:5000/token"},
		{"the cloud's metadata", "ghcr.io", "https://169.254.169.254/token"},
		{"loopback", "ghcr.io", "http://127.0.0.1:8080/token"},
		{"loopback over https", "ghcr.io", "https://localhost/token"},
		{"from loopback to another site", "127.0.0.1:5000", "https://evil.com/token"},
		{"from loopback over http", "localhost:5000", "http://evil.com/token"},
		{"from loopback to an imitation", "127.0.0.1:5000", "http://127.0.0.1.evil.com/token"},
		{"from loopback to another imitation", "localhost:5000", "http://localhost.evil.com/token"},
		{"from loopback to the network", "127.0.0.1:5000", "http://10.0.0.1/token"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := CheckRealm(c.registry, c.realm)
			if err == nil {
				t.Fatalf("CheckRealm(%q, %q) = nil, want an error", c.registry, c.realm)
			}
			if text := err.Error(); !strings.Contains(text, c.registry) || !strings.Contains(text, "realm") {
				t.Errorf("CheckRealm(%q, %q) = %q, which does not name the registry and the realm", c.registry, c.realm, text)
			}
		})
	}
}
