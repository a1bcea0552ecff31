package facts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/slipway-build/slipway/internal/plan"
)

// GitHub answers at most 100 tags at a time, and mostTagPages answers are read:
// past that the tags are as good as unknown.
const (
	tagsPerPage  = 100
	mostTagPages = 50
)

// apiOf is the API of the run's server. Outside Actions nobody is asked: which
// server a checkout's origin is, only a run knows.
func (s Source) apiOf(f plan.Facts) (*github.Client, error) {
	if !f.Actions || f.Repository == "" {
		return nil, errors.New("this is no run of GitHub Actions, of which GitHub could be asked")
	}
	return s.api()
}

// askAbout asks the API about the run's repository, and waits no longer than apiWithin.
func askAbout[T any](ctx context.Context, s Source, f plan.Facts, ask func(ctx context.Context, api *github.Client, owner, name string) (T, error)) (T, error) {
	client, err := s.apiOf(f)
	if err != nil {
		var none T
		return none, err
	}
	owner, name, _ := strings.Cut(f.Repository, "/")
	ctx, cancel := context.WithTimeout(ctx, apiWithin)
	defer cancel()
	return ask(ctx, client, owner, name)
}

// Tags asks GitHub for the names of all git tags of the run's repository. It
// fails where there are more than can be read in time.
func (s Source) Tags(ctx context.Context, f plan.Facts) ([]string, error) {
	var names []string
	err := s.eachTag(ctx, f, func(tag *github.RepositoryTag) bool {
		names = append(names, tag.GetName())
		return true
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// eachTag asks GitHub for the git tags, as long as more are wanted.
func (s Source) eachTag(ctx context.Context, f plan.Facts, more func(*github.RepositoryTag) bool) error {
	client, err := s.apiOf(f)
	if err != nil {
		return err
	}
	owner, name, _ := strings.Cut(f.Repository, "/")
	ctx, cancel := context.WithTimeout(ctx, apiWithin)
	defer cancel()
	doing := "asking GitHub for the tags of " + f.Repository
	options := &github.ListOptions{PerPage: tagsPerPage}
	for range mostTagPages {
		page, response, err := client.Repositories.ListTags(ctx, owner, name, options)
		if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		for _, tag := range page {
			if !more(tag) {
				return nil
			}
		}
		if response.NextPage == 0 {
			return nil
		}
		options.Page = response.NextPage
	}
	return fmt.Errorf("%s: there are more than %d", doing, tagsPerPage*mostTagPages)
}

// Contains asks GitHub whether a commit has an ancestor among those that it was
// made from, or is that itself.
func (s Source) Contains(ctx context.Context, f plan.Facts, commit, ancestor string) (bool, error) {
	compared, err := s.compare(ctx, f, ancestor, commit)
	if err != nil {
		return false, fmt.Errorf("asking GitHub whether %s contains %s: %w", commit, ancestor, err)
	}
	return compared == "ahead" || compared == "identical", nil
}

// compare asks GitHub where a commit stands against a base, which is a commit or
// a branch: ahead, behind, identical or diverged.
func (s Source) compare(ctx context.Context, f plan.Facts, base, commit string) (string, error) {
	return askAbout(ctx, s, f, func(ctx context.Context, api *github.Client, owner, name string) (string, error) {
		compared, _, err := api.Repositories.CompareCommits(ctx, owner, name, base, commit, &github.ListOptions{PerPage: 1})
		return compared.GetStatus(), err
	})
}

// Head asks GitHub which commit a ref has now, such as refs/heads/main or
// refs/pull/12/head. It is empty where there is no such ref.
func (s Source) Head(ctx context.Context, f plan.Facts, ref string) (string, error) {
	return askAbout(ctx, s, f, func(ctx context.Context, api *github.Client, owner, name string) (string, error) {
		found, response, err := api.Git.GetRef(ctx, owner, name, ref)
		if response != nil && response.StatusCode == http.StatusNotFound {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("asking GitHub which commit %s has: %w", ref, err)
		}
		return found.GetObject().GetSHA(), nil
	})
}
