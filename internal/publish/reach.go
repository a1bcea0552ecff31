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
	causes       []error // one for each
}

func (e *UnreachableError) Error() string { return errors.Join(e.causes...).Error() }

// Unwrap returns why, for each of the repositories.
func (e *UnreachableError) Unwrap() []error { return e.causes }

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
	var far UnreachableError
	for i, err := range errs {
		switch {
		case err == nil:
		case registry.OutOfReach(repos[i], err):
			far.Repositories = append(far.Repositories, repos[i])
			far.causes = append(far.causes, err)
		default:
			return errors.Join(errs...)
		}
	}
	if len(far.causes) == 0 {
		return nil
	}
	return &far
}
