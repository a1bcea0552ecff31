package plan

import (
	"net"
	"net/url"
	"strings"
)

// githubHost tells whether a registry belongs to GitHub: to github.com, to
// GitHub with data residency, or to the Enterprise server of the run.
func githubHost(registry string, f Facts) bool {
	host := hostname(registry)
	if host == githubRegistry || host == "docker.pkg.github.com" || strings.HasSuffix(host, ".ghe.com") {
		return true
	}
	server, err := url.Parse(f.ServerURL)
	if err != nil || server.Hostname() == "" {
		return false
	}
	own := strings.ToLower(server.Hostname())
	return host == own || strings.HasSuffix(host, "."+own)
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

// loopback tells whether a registry is on this machine.
func loopback(registry string) bool {
	host := hostname(registry)
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}
