package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/packages"
)

// Situation is what is known of a run whose requests a registry refuses. A zero
// field means that nobody said.
type Situation struct {
	Server     packages.Server
	Repository string // owner/name of the run's
	Owner      packages.Owner
	ReadOnly   string // why the run's token cannot write by its nature
	// Package asks GitHub about a package. It may be nil.
	Package func(ctx context.Context, owner, name string) Package
}

// Package is what GitHub's API says of a package.
type Package struct {
	Asked      bool   // there was an answer
	Hidden     bool   // the token may not look: it has no permission for packages at all
	Exists     bool   // it is there, and this token may see it
	Repository string // owner/name of the repository it is linked to; empty: none
}

// Access is what somebody wants of a repository.
type Access int

// The two directions.
const (
	Pushing Access = iota
	Pulling
)

// refused is one refusal in its situation, which is all that a meaning needs.
type refused struct {
	Refusal
	Situation
	access    Access
	repo      name.Repository
	anonymous bool           // there is no login for this registry
	token     packages.Token // of the login that there is
	found     Package
}

// Meaning is what a refusal means.
type Meaning struct {
	What string // happened
	Why  string // empty where What says all
	Do   string // what changes it: text, YAML or a path in a user interface
	// Lasts tells that no push to the repository can succeed before that is done.
	Lasts bool
}
