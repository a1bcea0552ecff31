package packages

import (
	"net"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/spelling"
)

// wellKnown lists registries that people misspell, each with the name to write:
// the first of several that are as near is meant.
func (s Server) wellKnown() []string {
	known := []string{GHCR, "docker.io", "index.docker.io", "registry-1.docker.io", "quay.io", "gcr.io", "public.ecr.aws", DockerGitHub}
	if s.host != "" {
		own := host.Name(s.host)
		known = append(known, "containers."+own, "docker."+own, own)
	}
	return known
}

// others are real registries whose names are near to one of those.
func others() []string {
	return []string{"icr.io", "lscr.io", "nvcr.io", "us.gcr.io", "eu.gcr.io", "asia.gcr.io", "mirror.gcr.io", "docker.com", "hub.docker.com"}
}

// longName is the length from which a name may have two mistakes.
const longName = 12

// DidYouMean returns the well-known registry that a host was probably meant to be
// by its look, or "": the host is well known itself, or near to none. It may still
// be somebody's own. Docker Hub's website is no registry.
func DidYouMean(registry string, s Server) string {
	name := strings.TrimSuffix(host.Name(strings.ToLower(registry)), ".")
	switch {
	case name == "docker.com" || name == "hub.docker.com":
		return "docker.io"
	case s.KindOf(name) != Foreign, host.Loopback(name), net.ParseIP(name) != nil, slices.Contains(others(), name):
		return ""
	}
	best, nearest := "", 3
	for _, known := range s.wellKnown() {
		d := spelling.Distance(name, known)
		if d == 0 {
			return ""
		}
		if d < nearest && (d == 1 || len(known) >= longName || stem(name) == stem(known)) {
			best, nearest = known, d
		}
	}
	return best
}

// stem is a name without its last part: ghcr.com is meant to be ghcr.io.
func stem(name string) string { return name[:max(strings.LastIndexByte(name, '.'), 0)] }
