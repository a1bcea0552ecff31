package packages_test

import (
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
)

func TestDockerRegistryOfAServer(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": "docker.pkg.github.com", "https://github.com": "docker.pkg.github.com", "https://git.example.com": "docker.git.example.com", "https://octo.ghe.com": "docker.octo.ghe.com",
	} {
		server := packages.ServerAt(address)
		if got := server.Docker(); got != want || server.KindOf(got) != packages.Docker {
			t.Errorf("the docker registry of %q is %s, of kind %d, want %s", address, got, server.KindOf(got), want)
		}
	}
}
