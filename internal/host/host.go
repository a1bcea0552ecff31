// Package host answers what the name of a host tells: it is the one place that
// says which addresses are this machine's, where plain http and tokens may go.
package host

import (
	"net"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Name returns the name or address of a host without its port and brackets.
func Name(hostport string) string {
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		return name
	}
	return strings.Trim(hostport, "[]")
}

// Loopback tells whether a name or address, without a port, is this machine's.
func Loopback(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// Canonical returns the one name for a registry's host, with its port. Only
// Docker Hub has several; index.docker.io is what go-containerregistry calls it.
func Canonical(hostport string) string {
	switch hostport = strings.ToLower(hostport); hostport {
	case "docker.io", "registry-1.docker.io":
		return "index.docker.io"
	}
	return hostport
}

// Tag is a tag as people write it: a name that is of no registry, as docker shows
// it, in the same words as the workflow; any other in full.
func Tag(tag name.Tag) string {
	if written := tag.String(); !strings.HasPrefix(written, tag.RegistryStr()+"/") {
		return written
	}
	return Shown(tag.Name())
}

// Shown is the full name of a reference as Docker and people write it: with docker.io
// for the host that go-containerregistry calls index.docker.io.
func Shown(full string) string {
	if path, hub := strings.CutPrefix(full, "index.docker.io/"); hub {
		return "docker.io/" + path
	}
	return full
}
