// Package registry holds what is common to every conversation with a registry:
// credentials by exact host, the transport that keeps them there, and what a
// registry's refusal means.
package registry

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// Credentials finds the login of a registry by its exact host. They live in
// memory only. The zero value knows none.
type Credentials struct {
	byHost map[string]authn.AuthConfig
}

// NewCredentials holds one login. An empty password means none: the registry is
// then asked anonymously.
func NewCredentials(registry name.Registry, username, password string) Credentials {
	if password == "" {
		return Credentials{}
	}
	return Credentials{byHost: map[string]authn.AuthConfig{
		canonicalHost(registry.RegistryStr()): {Username: username, Password: password},
	}}
}

// For returns the login of a host, or a zero one.
func (c Credentials) For(host string) authn.AuthConfig {
	return c.byHost[canonicalHost(host)]
}

// canonicalHost makes one of Docker Hub's three names, the only registry that
// has more than one.
func canonicalHost(host string) string {
	switch host = strings.ToLower(host); host {
	case "docker.io", "registry-1.docker.io":
		return name.DefaultRegistry
	}
	return host
}
