package inputs_test

import (
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
)

// GitHub's API gets the token of the run's own server, whichever registry is
// published to, and never another registry's password.
func TestAPIToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		server, registry string
		token, want      inputs.Secret
	}{
		{"https://github.com", "", "ghs_1", "ghs_1"},
		{"https://github.com", "docker.io", "ghs_1", "ghs_1"},
		{"https://github.com", "docker.pkg.github.com", "ghs_1", "ghs_1"},
		{"https://github.com", "", "github_pat_1", "github_pat_1"},
		{"https://github.com", "", "dckr_pat_1", ""},
		{"https://github.com", "docker.io", "hunter22", ""},
		{"https://git.example.com", "", "ghp_1", "ghp_1"},
		{"https://git.example.com", "containers.git.example.com", "ghp_1", "ghp_1"},
		{"https://git.example.com", "ghcr.io", "ghp_1", ""},
		{"https://git.example.com", "ghcr.io", "ghs_1", "ghs_1"},
	} {
		in := inputs.Inputs{Registry: c.registry, Token: c.token}
		if got := in.APIToken(packages.ServerAt(c.server)); got != c.want {
			t.Errorf("at %s, with registry %q, the API gets %q for the token %q, want %q", c.server, c.registry, got, c.token, c.want)
		}
	}
}
