package packages_test

import (
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
)

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	const github, own = "https://github.com", "https://git.example.com:8443"
	cases := []struct{ server, host, want string }{
		{github, "ghrc.io", "ghcr.io"},
		{github, "gchr.io", "ghcr.io"},
		{github, "ghcr.oi", "ghcr.io"},
		{github, "ghcr.com", "ghcr.io"},
		{github, "GHRC.io", "ghcr.io"},
		{github, "ghrc.io:443", "ghcr.io"},
		{github, "ghcr.io.", ""},
		{github, "gcr.oi", "gcr.io"},
		{github, "docker.oi", "docker.io"},
		{github, "dokcer.io", "docker.io"},
		{github, "docker.com", "docker.io"},
		{github, "hub.docker.com", "docker.io"},
		{github, "index.docker.oi", "index.docker.io"},
		{github, "registry1.docker.io", "registry-1.docker.io"},
		{github, "qauy.io", "quay.io"},
		{github, "quay.com", "quay.io"},
		{github, "public.erc.aws", "public.ecr.aws"},
		{github, "docker.pkg.githbu.com", "docker.pkg.github.com"},
		{github, "docker.pkg.github.io", "docker.pkg.github.com"},
		{own, "container.git.example.com", "containers.git.example.com"},
		{own, "containers.git.exmaple.com:8443", "containers.git.example.com"},
		{own, "ghrc.io", "ghcr.io"},
		{github, "container.git.example.com", ""},
		// Real ones, and what may well be somebody's own.
		{github, "ghcr.io", ""},
		{github, "gcr.io", ""},
		{github, "us.gcr.io", ""},
		{github, "icr.io", ""},
		{github, "lscr.io", ""},
		{github, "nvcr.io", ""},
		{github, "quay.io", ""},
		{github, "docker.io", ""},
		{github, "index.docker.io", ""},
		{github, "registry-1.docker.io", ""},
		{github, "public.ecr.aws", ""},
		{github, "docker.pkg.github.com", ""},
		{github, "containers.octo.ghe.com", ""},
		{own, "containers.git.example.com:8443", ""},
		{own, "docker.git.example.com", ""},
		{own, "git.example.com", ""},
		{github, "docker.lan", ""},
		{github, "docker.example.com", ""},
		{github, "registry.example.com", ""},
		{github, "harbor.io", ""},
		{github, "localhost:5000", ""},
		{github, "127.0.0.1:5000", ""},
		{github, "[::1]:5000", ""},
		{github, "", ""},
	}
	for _, c := range cases {
		if got := packages.DidYouMean(c.host, packages.ServerAt(c.server)); got != c.want {
			t.Errorf("for %s, DidYouMean(%q) = %q, want %q", c.server, c.host, got, c.want)
		}
	}
}

func TestFormOfNames(t *testing.T) {
	t.Parallel()
	cases := []struct {
		server, registry, path string
		fits                   bool
	}{
		{"", "ghcr.io", "app", false},
		{"", "ghcr.io", "octo/app", true},
		{"", "ghcr.io", "octo/tools/app", true},
		{"", "docker.pkg.github.com", "app", false},
		{"", "docker.pkg.github.com", "octo/app", false},
		{"", "docker.pkg.github.com", "octo/tools/app", true},
		{"", "docker.pkg.github.com", "octo/tools/app/x", false},
		{"", "registry.example.com", "app", true},
		{"https://git.example.com", "containers.git.example.com", "app", false},
		{"https://git.example.com", "docker.git.example.com", "octo/app", false},
		{"https://git.example.com", "git.example.com", "octo/tools/app", true},
		{"https://octo.ghe.com", "containers.octo.ghe.com", "app", false},
	}
	for _, c := range cases {
		server := packages.ServerAt(c.server)
		if got := server.Fits(c.registry, c.path); got != c.fits {
			t.Errorf("for %q, Fits(%s, %s) = %t", c.server, c.registry, c.path, got)
		}
		if form := server.Form(c.registry); (form == "") != (c.registry == "registry.example.com") {
			t.Errorf("for %q, Form(%s) = %q", c.server, c.registry, form)
		}
	}
}

func TestSuccessor(t *testing.T) {
	t.Parallel()
	own := packages.ServerAt("https://git.example.com:8443")
	for registry, want := range map[string]string{
		"docker.pkg.github.com":       "ghcr.io",
		"docker.git.example.com:8443": "containers.git.example.com:8443",
		"git.example.com:8443":        "containers.git.example.com:8443",
	} {
		if got := own.Successor(registry); got != want {
			t.Errorf("Successor(%s) = %s, want %s", registry, got, want)
		}
	}
}
