// Package session is what BuildKit asks of its client while it builds: files,
// credentials, secrets and SSH agents.
package session

import (
	"context"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry"
)

// Attachables are what answers BuildKit's questions but for files: credentials, once
// permitted has returned, which may be nil; the build's secrets, and its SSH agents.
func Attachables(p plan.Build, registries *registry.Client, permitted func(context.Context) error) ([]session.Attachable, error) {
	server, err := NewServer(registries, permitted)
	if err != nil {
		return nil, err
	}
	attached := []session.Attachable{server}
	if len(p.Secrets) > 0 {
		values := make(map[string][]byte, len(p.Secrets))
		for id, secret := range p.Secrets {
			values[id] = []byte(secret.Reveal())
		}
		attached = append(attached, secretsprovider.FromMap(values))
	}
	if len(p.SSH) > 0 {
		agents, err := sshAgents(p.SSH)
		if err != nil {
			return nil, err
		}
		attached = append(attached, agents)
	}
	return attached, nil
}
