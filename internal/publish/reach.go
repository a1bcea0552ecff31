package publish

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/registry"
)

// UnreachableError says that this process cannot reach the registries of some
// repositories, and that none of the others has said no. Somebody else may reach
// them.
type UnreachableError struct {
	Repositories []name.Repository
	cause        error
}

func (e *UnreachableError) Error() string { return e.cause.Error() }

// Unwrap returns the joined causes.
func (e *UnreachableError) Unwrap() error { return e.cause }

// Reach logs in to every repository, at the same time, and returns an
// *UnreachableError where a registry cannot be reached. It asks nothing that Tag
// would not ask later, and what else goes wrong is for Tag to tell.
func (p *Publisher) Reach(ctx context.Context, repos []name.Repository) error {
	return judge(repos, each(ctx, repos, func(ctx context.Context, repo name.Repository) error {
		if _, err := p.open(ctx, repo); registry.OutOfReach(repo, err) {
			return err
		}
		return nil
	}))
}

// judge joins what asking the repositories came to, in an *UnreachableError where
// nothing but the way there is missing.
func judge(repos []name.Repository, errs []error) error {
	joined := errors.Join(errs...)
	var far []name.Repository
	for i, err := range errs {
		switch {
		case err == nil:
		case registry.OutOfReach(repos[i], err):
			far = append(far, repos[i])
		default:
			return joined
		}
	}
	if joined == nil {
		return nil
	}
	return &UnreachableError{Repositories: far, cause: joined}
}
