package facts

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-github/v60/github"

	"github.com/slipway-build/slipway/internal/plan"
)

// is holds commits to one.
func is(commit string) func(string) error {
	return func(other string) error {
		if commit == "" || other != commit {
			return errors.New("it is another commit")
		}
		return nil
	}
}

// own says why a commit is not known to be the repository's own. What the event
// does not say, GitHub is asked, once for each.
func (s Source) own(ctx context.Context, f plan.Facts) func(commit string) error {
	known := map[string]error{}
	for _, commit := range f.OwnCommits() {
		known[commit] = nil
	}
	return func(commit string) error {
		why, ok := known[commit]
		if !ok {
			why = s.askOwn(ctx, f, commit)
			known[commit] = why
		}
		return why
	}
}

// askOwn asks GitHub whether a commit is in the default branch, or the head of a
// branch or a tag. That GitHub has it says nothing: the commits of all forks can
// be read through the repository that they were forked from.
func (s Source) askOwn(ctx context.Context, f plan.Facts, commit string) error {
	if s.Offline {
		return errors.New("GitHub was not asked whether it is this repository's")
	}
	var errs []error
	for _, in := range []func(context.Context, plan.Facts, string) (bool, error){s.headsBranch, s.inDefaultBranch, s.headsTag} {
		yes, err := in(ctx, f, commit)
		if yes {
			return nil
		}
		errs = append(errs, err)
		var answered *github.ErrorResponse
		if err != nil && !errors.As(err, &answered) {
			break // so would the next
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("GitHub did not tell whether it is this repository's: %w", err)
	}
	return fmt.Errorf("it is not in the default branch %s, and is the head of no branch and no tag of %s", f.Project.DefaultBranch, f.Repository)
}

func (s Source) headsBranch(ctx context.Context, f plan.Facts, commit string) (bool, error) {
	return askAbout(ctx, s, f, func(ctx context.Context, api *github.Client, owner, name string) (bool, error) {
		branches, _, err := api.Repositories.ListBranchesHeadCommit(ctx, owner, name, commit)
		if err != nil {
			return false, fmt.Errorf("asking GitHub for the branches at %s: %w", commit, err)
		}
		return len(branches) > 0, nil
	})
}

func (s Source) inDefaultBranch(ctx context.Context, f plan.Facts, commit string) (bool, error) {
	branch := f.Project.DefaultBranch
	if branch == "" {
		return false, errors.New("the default branch is not known")
	}
	compared, err := s.compare(ctx, f, branch, commit)
	if err != nil {
		return false, fmt.Errorf("asking GitHub whether %s contains %s: %w", branch, commit, err)
	}
	return compared == "behind" || compared == "identical", nil
}

func (s Source) headsTag(ctx context.Context, f plan.Facts, commit string) (bool, error) {
	found := false
	err := s.eachTag(ctx, f, func(tag *github.RepositoryTag) bool {
		found = tag.GetCommit().GetSHA() == commit
		return !found
	})
	return found, err
}
