package facts

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
)

// apiWithin bounds everything that is asked of GitHub's API. Nothing that it
// tells is worth waiting longer for.
const apiWithin = 5 * time.Second

// askCommitTime asks GitHub when a commit of the run's repository was made.
func (s Source) askCommitTime(ctx context.Context, f plan.Facts, sha string) (time.Time, error) {
	client, err := s.api()
	if err != nil {
		return time.Time{}, err
	}
	owner, name, _ := strings.Cut(f.Repository, "/")
	ctx, cancel := context.WithTimeout(ctx, apiWithin)
	defer cancel()
	commit, _, err := client.Git.GetCommit(ctx, owner, name, sha)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking GitHub for the commit %s: %w", sha, err)
	}
	return commit.GetCommitter().GetDate().Time, nil
}

// askProject asks GitHub about the repository.
func (s Source) askProject(ctx context.Context, f plan.Facts) (plan.Project, error) {
	client, err := s.api()
	if err != nil {
		return plan.Project{}, err
	}
	owner, name, _ := strings.Cut(f.Repository, "/")
	ctx, cancel := context.WithTimeout(ctx, apiWithin)
	defer cancel()
	r, _, err := client.Repositories.Get(ctx, owner, name)
	if err != nil {
		return plan.Project{}, fmt.Errorf("asking GitHub for the repository %s: %w", f.Repository, err)
	}
	return plan.Project{
		DefaultBranch: r.GetDefaultBranch(), Description: r.GetDescription(), License: license(r.GetLicense().GetSPDXID()),
		Visibility: visibility(r.GetVisibility(), r.Private), Owner: packages.OwnerOf(r.GetOwner().GetType()),
	}, nil
}

// api returns a client for the server's API: GitHub's own, or an Enterprise
// server's.
func (s Source) api() (*github.Client, error) {
	base, err := url.Parse(strings.TrimSuffix(cmp.Or(s.get("GITHUB_API_URL"), "https://api.github.com"), "/") + "/")
	if err != nil {
		return nil, fmt.Errorf("reading GITHUB_API_URL: %w", err)
	}
	client := github.NewClient(&http.Client{CheckRedirect: sameServer})
	if s.Token != "" {
		client = client.WithAuthToken(s.Token)
	}
	client.BaseURL = base
	return client, nil
}

// sameServer follows a repository that was renamed, and no redirect to another
// server: go-github would send the token there too.
func sameServer(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if req.URL.Scheme != first.Scheme || req.URL.Host != first.Host || len(via) > 3 {
		return fmt.Errorf("%s redirects to %s, which does not get the token", first.Host, req.URL.Host)
	}
	return nil
}
