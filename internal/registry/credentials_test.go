package registry

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

func TestCredentialsAreForOneHostOnly(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, registry, host string
		want                 bool
	}{
		{"the same host", "ghcr.io", "ghcr.io", true},
		{"capitals in the answer", "ghcr.io", "GHCR.io", true},
		{"capitals in the input", "Registry.Example.com", "registry.example.com", true},
		{"another host", "ghcr.io", "quay.io", false},
		{"a subdomain", "ghcr.io", "evil.ghcr.io", false},
		{"the parent domain", "registry.example.com", "example.com", false},
		{"the host as a prefix", "ghcr.io", "ghcr.io.evil.com", false},
		{"the host as a suffix", "ghcr.io", "evilghcr.io", false},
		{"a trailing dot", "ghcr.io", "ghcr.io.", false},
		{"nothing", "ghcr.io", "", false},
		{"the same port", "registry.example.com:5000", "registry.example.com:5000", true},
		{"another port", "registry.example.com:5000", "registry.example.com:5001", false},
		{"no port where the login has one", "registry.example.com:5000", "registry.example.com", false},
		{"a port where the login has none", "registry.example.com", "registry.example.com:5000", false},
		{"loopback by another name", "127.0.0.1:5000", "localhost:5000", false},
		{"Docker Hub as BuildKit asks for it", "docker.io", "registry-1.docker.io", true},
		{"Docker Hub as go-containerregistry names it", "docker.io", "index.docker.io", true},
		{"Docker Hub as people write it", "registry-1.docker.io", "docker.io", true},
		{"Docker Hub in full", "index.docker.io", "registry-1.docker.io", true},
		{"Docker Hub's token server", "docker.io", "auth.docker.io", false},
		{"Docker Hub's web site", "docker.io", "hub.docker.io", false},
		{"an imitation of Docker Hub", "docker.io", "registry-1.docker.io.evil.com", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			registry, err := name.NewRegistry(c.registry)
			if err != nil {
				t.Fatal(err)
			}
			want := authn.AuthConfig{}
			if c.want {
				want = authn.AuthConfig{Username: "octocat", Password: "hunter2"}
			}
			if got := (Credentials{}).With(registry, "octocat", "hunter2").For(t.Context(), c.host); got != want {
				t.Errorf("login for %s given to %q: %+v, want %+v", c.registry, c.host, got, want)
			}
		})
	}
}

func TestNoPasswordMeansAnonymous(t *testing.T) {
	t.Parallel()
	registry, err := name.NewRegistry("ghcr.io")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name        string
		credentials Credentials
	}{
		{"zero value", Credentials{}},
		{"empty password", Credentials{}.With(registry, "octocat", "")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.credentials.For(t.Context(), "ghcr.io"); got != (authn.AuthConfig{}) {
				t.Errorf("For(ghcr.io) = %+v, want no login", got)
			}
		})
	}
}
