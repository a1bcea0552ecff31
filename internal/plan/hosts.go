package plan

import (
	"net/url"
	"strings"

	"github.com/slipway-build/slipway/internal/host"
)

// githubHost tells whether a registry belongs to GitHub: to github.com, to
// GitHub with data residency, or to the Enterprise server of the run.
func githubHost(registry string, f Facts) bool {
	name := host.Name(registry)
	if name == githubRegistry || name == "docker.pkg.github.com" || strings.HasSuffix(name, ".ghe.com") {
		return true
	}
	server, err := url.Parse(f.ServerURL)
	if err != nil || server.Hostname() == "" {
		return false
	}
	own := strings.ToLower(server.Hostname())
	return name == own || strings.HasSuffix(name, "."+own)
}

// githubToken tells GitHub's tokens by their prefix
// (https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/).
// A form that it does not know is nobody's it could tell.
func githubToken(token string) bool {
	for _, prefix := range []string{"ghp_", "gho_", "ghu_", "ghs_", "github_pat_"} {
		if strings.HasPrefix(token, prefix) {
			return true
		}
	}
	return false
}
