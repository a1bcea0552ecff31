// Package packages holds the rules of GitHub Packages that need nobody to be
// asked: which registries are GitHub's, what kind of token a text is, and where
// its pages are.
package packages

import (
	"net/url"
	"strings"

	"github.com/slipway-build/slipway/internal/host"
)

// Kind is what a registry is to GitHub.
type Kind int

// The kinds of registries.
const (
	Foreign Kind = iota // not GitHub's
	// Container keeps packages of an owner, OWNER/NAME, with rights of their own.
	Container
	// Docker is the older one, which keeps packages of a repository,
	// OWNER/REPOSITORY/NAME. It takes no index, no OCI media type, and gives
	// nothing by digest
	// (https://docs.github.com/en/enterprise-server@latest/packages/working-with-a-github-packages-registry/working-with-the-docker-registry).
	Docker
)

// The registries and the server of github.com.
const (
	GHCR         = "ghcr.io"
	DockerGitHub = "docker.pkg.github.com"
	GitHub       = "https://github.com"
)

// Server is where a run's repository is: github.com, GitHub with data residency
// (SUBDOMAIN.ghe.com), or an Enterprise Server. Its zero value is github.com.
type Server struct {
	host string // with a port where the address has one; empty: github.com
}

// ServerAt returns the server at an address such as https://github.com. What is
// no address is github.com.
func ServerAt(address string) Server {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.EqualFold(u.Hostname(), "github.com") {
		return Server{}
	}
	return Server{host: strings.ToLower(u.Host)}
}

// URL returns the server's address, without a slash at its end.
func (s Server) URL() string {
	if s.host == "" {
		return GitHub
	}
	return "https://" + s.host
}

// Container returns the host of the server's container registry
// (https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry).
func (s Server) Container() string {
	if s.host == "" {
		return GHCR
	}
	return "containers." + s.host
}

// Enterprise tells whether the server is a company's own: its tokens are unknown
// to github.com and to ghcr.io.
func (s Server) Enterprise() bool {
	return s.host != "" && !strings.HasSuffix(host.Name(s.host), ".ghe.com")
}

// KindOf tells what a registry is to GitHub. Those of github.com are GitHub's for
// every server; others only for their own, by their exact name.
func (s Server) KindOf(registry string) Kind {
	switch name := host.Name(strings.ToLower(registry)); {
	case name == GHCR:
		return Container
	case name == DockerGitHub:
		return Docker
	case s.host == "":
		return residency(name)
	case name == "containers."+host.Name(s.host):
		return Container
	case s.isAt(registry) && s.Enterprise(), name == "docker."+host.Name(s.host):
		return Docker
	default:
		return residency(name)
	}
}

// isAt tells whether a registry is the server itself, at its own port: another port
// of the same machine may be anybody's.
func (s Server) isAt(registry string) bool {
	return strings.TrimSuffix(strings.ToLower(registry), ":443") == strings.TrimSuffix(s.host, ":443")
}

// residency knows the container registries of GitHub with data residency.
func residency(name string) Kind {
	subdomain, isResidency := strings.CutSuffix(name, ".ghe.com")
	if tenant, ok := strings.CutPrefix(subdomain, "containers."); isResidency && ok && tenant != "" && !strings.Contains(tenant, ".") {
		return Container
	}
	return Foreign
}
