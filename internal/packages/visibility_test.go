package packages_test

import (
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
)

func TestVisibilityOf(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]packages.Visibility{
		"public": packages.Public, "PRIVATE": packages.Private, "internal": packages.Internal, "": packages.Unknown, "secret": packages.Unknown,
	} {
		if got := packages.VisibilityOf(word); got != want {
			t.Errorf("VisibilityOf(%q) = %q, want %q", word, got, want)
		}
	}
}

// The server of a registry is the one whose registry it is.
func TestServerOf(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://github.com", "https://octo.ghe.com", "https://git.example.com", "https://git.example.com:8443"} {
		server := packages.ServerAt(address)
		if got := packages.ServerOf(server.Container()); got != server {
			t.Errorf("ServerOf(%q) = %v, want %v", server.Container(), got, server)
		}
	}
	if got := packages.ServerOf("GHCR.io:443"); got != packages.ServerAt("") {
		t.Errorf("ServerOf(GHCR.io:443) = %v, want github.com", got)
	}
}
