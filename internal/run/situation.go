package run

import (
	"context"
	"errors"
	"slices"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/plan/visible"
	"github.com/slipway-build/slipway/internal/registry"
)

// situation is what a registry's refusal is explained by.
func (r *Run) situation() registry.Situation {
	return registry.Situation{
		Server:     packages.ServerAt(r.facts.ServerURL),
		Repository: r.facts.Repository,
		Owner:      r.facts.Project.Owner,
		ReadOnly:   r.facts.ReadOnlyToken(),
		Package:    r.lookUp,
	}
}

// lookUp asks GitHub about a package. Where it does not answer, nothing is known.
func (r *Run) lookUp(ctx context.Context, owner, name string) registry.Package {
	found, err := r.source.Package(ctx, r.facts, owner+"/"+name)
	switch {
	case errors.Is(err, visible.ErrPackageDenied) && r.pushesWithAPIToken():
		return registry.Package{Asked: true, Hidden: true}
	case err != nil:
		return registry.Package{}
	}
	return registry.Package{Asked: true, Exists: found.Found, Repository: found.Repository}
}

// pushesWithAPIToken tells whether the container registry gets the token with which
// GitHub's API is asked, so that what the one may not, the other may not either.
func (r *Run) pushesWithAPIToken() bool {
	container := packages.ServerAt(r.facts.ServerURL).Container()
	return r.source.Token != "" && slices.ContainsFunc(r.plan.Logins, func(login plan.Login) bool {
		return login.Registry.RegistryStr() == container && login.Password.Reveal() == r.source.Token
	})
}
