package packages

import (
	"strings"

	"github.com/slipway-build/slipway/internal/host"
)

// Visibility is who may read a package or a repository.
type Visibility string

// The three that GitHub has. Internal is for the members of an enterprise.
const (
	Unknown  Visibility = ""
	Public   Visibility = "public"
	Private  Visibility = "private"
	Internal Visibility = "internal"
)

// VisibilityOf reads what GitHub's API and events write, in any case. Another
// word is Unknown.
func VisibilityOf(word string) Visibility {
	switch v := Visibility(strings.ToLower(word)); v {
	case Public, Private, Internal:
		return v
	}
	return Unknown
}

// ServerOf returns the server that a container registry belongs to. It is only to
// be asked of one whose KindOf is Container.
func ServerOf(registry string) Server {
	registry = strings.ToLower(registry)
	if host.Name(registry) == GHCR {
		return Server{}
	}
	return Server{host: strings.TrimPrefix(registry, "containers.")}
}
