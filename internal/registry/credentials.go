// Package registry holds what is common to every conversation with a registry:
// credentials by exact host, the transport that keeps them there, and what a
// registry's refusal means.
package registry

import (
	"context"
	"maps"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
)

// Credentials finds the login of a registry by its exact host. They live in
// memory only. The zero value knows none.
type Credentials struct {
	byHost map[string]authn.AuthConfig
	docker *dockerconfig.Config // asked for other hosts; may be nil
}

// With returns the credentials with one more login, or the same where the
// password is empty: the registry is then asked anonymously.
func (c Credentials) With(registry name.Registry, username, password string) Credentials {
	if password == "" {
		return c
	}
	all := map[string]authn.AuthConfig{}
	maps.Copy(all, c.byHost)
	all[host.Canonical(registry.RegistryStr())] = authn.AuthConfig{Username: username, Password: password}
	c.byHost = all
	return c
}

// Before returns the credentials with a Docker config behind them, which has the
// logins of the hosts that they lack.
func (c Credentials) Before(docker *dockerconfig.Config) Credentials {
	c.docker = docker
	return c
}

// For returns the login of a host, or a zero one. It may have to wait for a
// credential helper of the Docker config.
func (c Credentials) For(ctx context.Context, registry string) authn.AuthConfig {
	registry = host.Canonical(registry)
	if login, known := c.byHost[registry]; known {
		return login
	}
	return c.docker.Login(ctx, registry)
}
