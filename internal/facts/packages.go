package facts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

// containerType is what GitHub calls the packages of its container registry.
const containerType = "container"

// Package asks GitHub about the package at a path of the container registry of
// the run's server: owner/name, where the name may hold slashes. One that is not
// there, or not yet, is no error, and not Found. Where the token may not look, the
// error is plan.ErrPackageDenied; the kind of the owner is there all the same when
// it is known.
func (s Source) Package(ctx context.Context, f plan.Facts, path string) (visible.Package, error) {
	client, err := s.apiOf(f)
	if err != nil {
		return visible.Package{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, apiWithin)
	defer cancel()
	owner, name := packages.Split(path)
	kind, err := ownerKind(ctx, client, f, owner)
	if err != nil {
		return visible.Package{}, fmt.Errorf("asking GitHub whether %s is an organization: %w", owner, err)
	}
	found, response, err := getPackage(ctx, client, kind, owner, name)
	switch {
	case status(response) == http.StatusNotFound:
		return visible.Package{Owner: kind}, nil
	case err != nil:
		return visible.Package{Owner: kind}, fmt.Errorf("asking GitHub for the package %s: %w", path, denied(response, err))
	}
	return visible.Package{
		Found:      true,
		Visibility: packages.VisibilityOf(found.GetVisibility()),
		URL:        page(found.GetHTMLURL()),
		Repository: found.GetRepository().GetFullName(),
		Owner:      kind,
	}, nil
}

// getPackage hands a name on as each of the two services wants it: in v60 that of
// organizations escapes it, and that of users does not.
func getPackage(ctx context.Context, client *github.Client, kind packages.Owner, owner, name string) (*github.Package, *github.Response, error) {
	if kind == packages.User {
		return client.Users.GetPackage(ctx, owner, containerType, url.PathEscape(name))
	}
	return client.Organizations.GetPackage(ctx, owner, containerType, name)
}

// ownerKind takes the kind of the repository's own owner from the event, and asks
// for that of another.
func ownerKind(ctx context.Context, client *github.Client, f plan.Facts, owner string) (packages.Owner, error) {
	ours, _, _ := strings.Cut(f.Repository, "/")
	if strings.EqualFold(owner, ours) && f.Project.Owner != packages.SomeOwner {
		return f.Project.Owner, nil
	}
	account, response, err := client.Users.Get(ctx, owner)
	if err != nil {
		return packages.SomeOwner, denied(response, err)
	}
	return packages.OwnerOf(account.GetType()), nil
}

// denied adds plan.ErrPackageDenied to a refusal, which 403 is only where GitHub
// has not counted too many requests.
func denied(response *github.Response, err error) error {
	var limit *github.RateLimitError
	var abuse *github.AbuseRateLimitError
	switch code := status(response); {
	case errors.As(err, &limit), errors.As(err, &abuse):
		return err
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return fmt.Errorf("%w: %w", visible.ErrPackageDenied, err)
	}
	return err
}

func status(response *github.Response) int {
	if response == nil || response.Response == nil {
		return 0
	}
	return response.StatusCode
}

// page returns the address of a page where it is one, in a form without blanks and
// angle brackets.
func page(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u.String()
}
