package action

import (
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/registry"
)

// situation is what a registry's refusal is explained by.
func situation(r run) registry.Situation {
	return registry.Situation{
		Server:     packages.ServerAt(r.facts.ServerURL),
		Repository: r.facts.Repository,
		Token:      packages.TokenOf(r.in.Token.Reveal()),
	}
}
