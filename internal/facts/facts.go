// Package facts learns what is known of a run: from the variables and the event
// file that the runner provides, from the git checkout, and from GitHub's API.
package facts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
)

// Source is where facts come from.
type Source struct {
	// Lookup reads the process environment: GITHUB_*.
	Lookup func(name string) (string, bool)
	// Dir is the workspace, where the git checkout is.
	Dir string
	// Context is the directory of the main context; empty where the builder
	// fetches it.
	Context string
	// Build are the paths of what is built: the contexts and the Dockerfile. Of
	// one that is empty nothing is known.
	Build []string
	// Fetched is what the builder fetches by itself to build it.
	Fetched []source.Source
	// Token asks GitHub's API. It may be empty.
	Token string
	// Now is when the run began.
	Now time.Time
	// Offline asks nobody: what the environment and the checkout do not tell
	// unmoved unknown.
	Offline bool
}

// Load learns the facts of a step of GitHub Actions or, where GITHUB_ACTIONS is
// not true, of a git checkout. A directory that is no checkout has no facts,
// which is no error.
func Load(ctx context.Context, s Source) (plan.Facts, error) {
	if s.get("GITHUB_ACTIONS") != "true" {
		f, err := readCheckout(s.Dir)
		f.Started = s.Now
		return f, err
	}
	f := plan.Facts{
		Actions:    true,
		Event:      s.get("GITHUB_EVENT_NAME"),
		Ref:        s.get("GITHUB_REF"),
		Repository: s.get("GITHUB_REPOSITORY"),
		ServerURL:  strings.TrimSuffix(cmp.Or(s.get("GITHUB_SERVER_URL"), "https://github.com"), "/"),
		Actor:      s.get("GITHUB_ACTOR"),
		Attempter:  s.get("GITHUB_TRIGGERING_ACTOR"),
		Commit:     plan.Commit{SHA: s.get("GITHUB_SHA")},
	}
	event, eventErr := readEvent(s.get("GITHUB_EVENT_PATH"))
	if eventErr == nil {
		eventErr = event.check(f.Event, s.get("GITHUB_EVENT_PATH"))
	}
	if f.Event == "release" {
		f.Ref, f.Prerelease = cmp.Or(f.Ref, event.releaseRef()), event.Release.Prerelease
	}
	if err := errors.Join(required(f), eventErr); err != nil {
		return plan.Facts{}, err
	}
	f.Pull, f.Upstream, f.Schedule, f.Started = event.pull(), event.upstream(), event.Schedule, s.Now
	f.Run = s.run(f)
	f.BaseRef, f.Commented = cmp.Or(event.BaseRef, event.PullRequest.Base.Ref), event.commented()
	f.Project = s.project(ctx, f, event)
	f.Tree, f.Checkout = s.tree(ctx, f), s.checkout(f)
	when := s.commitTime(ctx, f, event)
	if f.Checkout.SHA != "" {
		f.Checkout.Time = when
	}
	if f.Checkout.SHA == "" || f.Checkout.SHA == f.Commit.SHA {
		f.Commit.Time = when
	}
	return f, nil
}

func (s Source) get(name string) string {
	value, _ := s.Lookup(name)
	return value
}

// run returns the URL of this attempt of the run, or "" where the runner does
// not say which it is.
func (s Source) run(f plan.Facts) string {
	id := s.get("GITHUB_RUN_ID")
	if id == "" {
		return ""
	}
	return fmt.Sprintf("%s/%s/actions/runs/%s/attempts/%s", f.ServerURL, f.Repository, id, cmp.Or(s.get("GITHUB_RUN_ATTEMPT"), "1"))
}

// project returns what the repository says of itself: from the event, else from
// GitHub's API, else nothing. Every event that GitHub sends carries it.
func (s Source) project(ctx context.Context, f plan.Facts, e event) plan.Project {
	said := e.project()
	if said.DefaultBranch != "" || s.Offline {
		return said
	}
	asked, err := s.askProject(ctx, f)
	if err != nil {
		return said
	}
	return asked
}

// required reports what the runner always sets. Without it this is no step of a
// workflow, and guessing would name an image wrongly.
func required(f plan.Facts) error {
	var errs []error
	for _, variable := range []struct{ name, value string }{
		{"GITHUB_EVENT_NAME", f.Event}, {"GITHUB_REF", f.Ref}, {"GITHUB_REPOSITORY", f.Repository},
	} {
		if variable.value == "" {
			errs = append(errs, fmt.Errorf("reading the run's facts: %s is not set, although GITHUB_ACTIONS is true", variable.name))
		}
	}
	return errors.Join(errs...)
}

// commitTime returns when the commit that is checked out, or else the run's, was
// made: from the checkout, else from the event, else from GitHub's API, else
// zero. It costs a request only where nothing is checked out and the event does
// not carry the commit.
func (s Source) commitTime(ctx context.Context, f plan.Facts, e event) time.Time {
	if !f.Checkout.Time.IsZero() {
		return f.Checkout.Time
	}
	sha := cmp.Or(f.Checkout.SHA, f.Commit.SHA)
	if commit, err := readCommit(s.Dir); err == nil && commit.SHA == sha {
		return commit.Time
	}
	if e.HeadCommit.ID == sha && !e.HeadCommit.Timestamp.IsZero() {
		return e.HeadCommit.Timestamp
	}
	if s.Offline {
		return time.Time{}
	}
	when, err := s.askCommitTime(ctx, f, sha)
	if err != nil {
		return time.Time{} // the plan has a notice for that
	}
	return when
}
