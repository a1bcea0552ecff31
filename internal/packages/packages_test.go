package packages_test

import (
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
)

func TestKindOfRegistries(t *testing.T) {
	t.Parallel()
	cases := []struct {
		server, registry string
		want             packages.Kind
	}{
		{"https://github.com", "ghcr.io", packages.Container},
		{"https://github.com", "GHCR.io", packages.Container},
		{"https://github.com", "ghcr.io:443", packages.Container},
		{"", "ghcr.io", packages.Container},
		{"https://github.com", "docker.pkg.github.com", packages.Docker},
		{"https://github.com", "containers.github.com", packages.Foreign},
		{"https://github.com", "evilghcr.io", packages.Foreign},
		{"https://github.com", "ghcr.io.evil.com", packages.Foreign},
		{"https://github.com", "containers.example.com", packages.Foreign},
		{"https://github.com", "index.docker.io", packages.Foreign},
		{"https://github.com", "localhost:5000", packages.Foreign},
		{"https://git.example.com", "containers.git.example.com", packages.Container},
		{"https://git.example.com:8443", "containers.git.example.com:8443", packages.Container},
		{"https://git.example.com", "docker.git.example.com", packages.Docker},
		{"https://git.example.com", "git.example.com", packages.Docker},
		{"https://git.example.com", "git.example.com:443", packages.Docker},
		{"https://git.example.com", "git.example.com:5000", packages.Foreign},
		{"https://git.example.com:8443", "git.example.com:8443", packages.Docker},
		{"https://git.example.com", "evil.git.example.com", packages.Foreign},
		{"https://git.example.com", "containers.other.example.com", packages.Foreign},
		{"https://git.example.com", "ghcr.io", packages.Container},
		{"https://octo.ghe.com", "containers.octo.ghe.com", packages.Container},
		{"https://octo.ghe.com", "octo.ghe.com", packages.Foreign},
		{"https://github.com", "containers.octo.ghe.com", packages.Container},
		{"https://github.com", "containers.a.b.ghe.com", packages.Foreign},
		{"https://github.com", "containers..ghe.com", packages.Foreign},
		{"https://github.com", "evil-ghe.com", packages.Foreign},
	}
	for _, c := range cases {
		if got := packages.ServerAt(c.server).KindOf(c.registry); got != c.want {
			t.Errorf("for %s, %s is of kind %v, want %v", c.server, c.registry, got, c.want)
		}
	}
}

func TestContainerRegistryOfAServer(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"https://github.com":           "ghcr.io",
		"https://GitHub.com/":          "ghcr.io",
		"":                             "ghcr.io",
		"https://Git.Example.com":      "containers.git.example.com",
		"https://git.example.com:8443": "containers.git.example.com:8443",
		"https://octo.ghe.com":         "containers.octo.ghe.com",
	} {
		if got := packages.ServerAt(server).Container(); got != want {
			t.Errorf("the container registry of %q is %q, want %q", server, got, want)
		}
	}
	if !packages.ServerAt("https://git.example.com").Enterprise() || packages.ServerAt("https://octo.ghe.com").Enterprise() || packages.ServerAt("").Enterprise() {
		t.Error("Enterprise must be true for a server of one's own, and for no other")
	}
}

// The form of installation tokens changed in 2026: longer, with dots.
func TestKindOfTokens(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]packages.Token{
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a": packages.Classic,
		strings.Repeat("0123456789", 4):            packages.NotGitHubs,
		"github_pat_11AAAA":                        packages.FineGrained,
		"gho_x":                                    packages.OAuth,
		"ghu_x":                                    packages.UserToServer,
		"ghs_x":                                    packages.Installation,
		"ghs_12345_" + strings.Repeat("eyJ.x-_y", 200): packages.Installation,
		"ghr_x":  packages.Refresh,
		"":       packages.NotGitHubs,
		"secret": packages.NotGitHubs,
		"xghp_1": packages.NotGitHubs,
	} {
		if got := packages.TokenOf(token); got != want {
			t.Errorf("%.20s… is %v, want %v", token, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	github, own := packages.ServerAt(""), packages.ServerAt("https://git.example.com")
	owner, name := packages.Split("octo-org/tools/app")
	for got, want := range map[string]string{
		github.PageOf(packages.Organization, owner, name):             "https://github.com/orgs/octo-org/packages/container/package/tools%2Fapp",
		github.PageOf(packages.User, "octocat", "app"):                "https://github.com/users/octocat/packages/container/package/app",
		github.SettingsOf(packages.Organization, owner, name):         "https://github.com/orgs/octo-org/packages/container/tools%2Fapp/settings",
		own.SettingsOf(packages.User, "octocat", "app"):               "https://git.example.com/users/octocat/packages/container/app/settings",
		own.SettingsOf(packages.SomeOwner, "octocat", "app"):          "https://git.example.com/orgs/octocat/packages/container/app/settings",
		packages.ServerAt("https://octo.ghe.com").PageOf(2, "o", "a"): "https://octo.ghe.com/orgs/o/packages/container/package/a",
	} {
		if got != want {
			t.Errorf("the page is %s, want %s", got, want)
		}
	}
}
