package host_test

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/host"
)

// TestShown writes references as other tools do, whose names for Docker Hub are not
// go-containerregistry's.
func TestShown(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"alpine":                            "docker.io/library/alpine:latest",
		"docker.io/octo/app:1":              "docker.io/octo/app:1",
		"index.docker.io/octo/app:1":        "docker.io/octo/app:1",
		"ghcr.io/index.docker.io/app:1":     "ghcr.io/index.docker.io/app:1",
		"localhost:5000/octo/app:1":         "localhost:5000/octo/app:1",
		"index.docker.io.example.com/a/b:1": "index.docker.io.example.com/a/b:1",
	} {
		ref, err := name.ParseReference(written)
		if err != nil {
			t.Fatal(err)
		}
		if got := host.Shown(ref.Name()); got != want {
			t.Errorf("Shown(%s) = %q, want %q", ref.Name(), got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for hostport, want := range map[string]bool{
		"localhost:5000": true, "registry.localhost": true, "127.8.0.1:80": true, "[::1]:443": true, "::1": true,
		"localhost.example.com": false, "10.0.0.1": false, "ghcr.io": false, "": false,
	} {
		if got := host.Loopback(host.Name(hostport)); got != want {
			t.Errorf("Loopback(%q) = %t, want %t", hostport, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"docker.io": "index.docker.io", "Registry-1.Docker.io": "index.docker.io", "GHCR.io": "ghcr.io", "Localhost:5000": "localhost:5000",
	} {
		if got := host.Canonical(written); got != want {
			t.Errorf("Canonical(%q) = %q, want %q", written, got, want)
		}
	}
}
