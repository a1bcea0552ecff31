package session

import (
	"fmt"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/sshforward/sshprovider"

	"github.com/slipway-build/slipway/internal/inputs"
)

// sshAgents hands on what agents sign, and never a key.
func sshAgents(agents []inputs.SSHAgent) (session.Attachable, error) {
	configs := make([]sshprovider.AgentConfig, len(agents))
	for i, agent := range agents {
		configs[i] = sshprovider.AgentConfig{ID: agent.ID, Paths: agent.Paths}
	}
	provider, err := sshprovider.NewSSHAgentProvider(configs)
	if err != nil {
		return nil, fmt.Errorf("opening the SSH agents: %w", err)
	}
	return provider, nil
}
