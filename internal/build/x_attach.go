package build

import (
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
)

func attachables(r Request) ([]session.Attachable, error) {
	server, err := newAuthServer(r.Registries, r.Permitted)
	if err != nil {
		return nil, err
	}
	attached := []session.Attachable{server}
	if len(r.Plan.Secrets) > 0 {
		values := make(map[string][]byte, len(r.Plan.Secrets))
		for id, secret := range r.Plan.Secrets {
			values[id] = []byte(secret.Reveal())
		}
		attached = append(attached, secretsprovider.FromMap(values))
	}
	if len(r.Plan.SSH) > 0 {
		agents, err := sshAgents(r.Plan.SSH)
		if err != nil {
			return nil, err
		}
		attached = append(attached, agents)
	}
	return attached, nil
}
