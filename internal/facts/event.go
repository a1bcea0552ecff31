package facts

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/regular"
)

// maxEvent is the largest event file that is read, in bytes. GitHub caps a
// webhook's payload at 25 MB
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap).
const maxEvent = 25 << 20

// event is what is read of the event's payload. Everything in it was written by
// whoever caused the event.
type event struct {
	PullRequest struct {
		Number int `json:"number"`
		Head   struct {
			SHA  string `json:"sha"`
			Repo struct {
				FullName string `json:"full_name"`
			} `json:"repo"` // null when the fork was deleted
		} `json:"head"`
		Base struct {
			Ref string `json:"ref"`
		} `json:"base"`
	} `json:"pull_request"`
	Issue struct {
		Number      int       `json:"number"`
		PullRequest *struct{} `json:"pull_request"` // only of an issue that is a pull request
	} `json:"issue"`
	WorkflowRun struct {
		Event          string `json:"event"`
		HeadSHA        string `json:"head_sha"`
		HeadBranch     string `json:"head_branch"`
		HeadRepository struct {
			FullName string `json:"full_name"`
		} `json:"head_repository"` // null when it was deleted
	} `json:"workflow_run"`
	Release struct {
		TagName    string `json:"tag_name"`
		Prerelease bool   `json:"prerelease"`
	} `json:"release"`
	HeadCommit struct {
		ID        string    `json:"id"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"head_commit"`
	BaseRef    string `json:"base_ref"` // of a push of a tag; null where it was not pushed with a branch
	Schedule   string `json:"schedule"`
	Repository struct {
		DefaultBranch string `json:"default_branch"`
		Description   string `json:"description"`
		Private       *bool  `json:"private"`
		Visibility    string `json:"visibility"` // not in events of older servers
		Owner         struct {
			Type string `json:"type"`
		} `json:"owner"`
		License struct {
			SPDX string `json:"spdx_id"`
		} `json:"license"` // null where there is none
	} `json:"repository"`
}

// pull returns the event's pull request, or a zero one.
func (e event) pull() plan.Pull {
	return plan.Pull{
		Number:         e.PullRequest.Number,
		HeadRepository: e.PullRequest.Head.Repo.FullName,
		HeadSHA:        e.PullRequest.Head.SHA,
	}
}

// commented returns the number of the pull request that the event's comment is
// on, or 0.
func (e event) commented() int {
	if e.Issue.PullRequest == nil {
		return 0
	}
	return e.Issue.Number
}

// check refuses what GitHub sends for no event: a pull request that is not there
// would be nobody's, and a run for it would look like one of this repository's.
func (e event) check(name, path string) error {
	if name == "pull_request_target" && e.PullRequest.Number <= 0 {
		return fmt.Errorf("reading the event: %s is for pull_request_target and has no pull request; the run must have the event file that GitHub wrote, so let no step change it", path)
	}
	return nil
}

// releaseRef returns the git tag of the event's release, or "". The runner
// leaves GITHUB_REF empty at times (https://github.com/actions/runner/issues/2788).
func (e event) releaseRef() string {
	if e.Release.TagName == "" {
		return ""
	}
	return "refs/tags/" + e.Release.TagName
}

// upstream returns the run that the event is about, or a zero one.
func (e event) upstream() plan.Upstream {
	return plan.Upstream{
		Event:          e.WorkflowRun.Event,
		HeadRepository: e.WorkflowRun.HeadRepository.FullName,
		HeadSHA:        e.WorkflowRun.HeadSHA,
		HeadBranch:     e.WorkflowRun.HeadBranch,
	}
}

// project returns what the event says of the repository.
func (e event) project() plan.Project {
	r := e.Repository
	return plan.Project{
		DefaultBranch: r.DefaultBranch, Description: r.Description, License: license(r.License.SPDX),
		Visibility: visibility(r.Visibility, r.Private), Owner: packages.OwnerOf(r.Owner.Type),
	}
}

// visibility is what GitHub says of a repository: an internal one is private,
// too, where nothing more is said.
func visibility(word string, private *bool) packages.Visibility {
	said := packages.VisibilityOf(word)
	switch {
	case said != packages.Unknown || private == nil:
		return said
	case *private:
		return packages.Private
	}
	return packages.Public
}

// license leaves out what GitHub answers where it does not know the license.
func license(spdx string) string {
	if spdx == "NOASSERTION" {
		return ""
	}
	return spdx
}

// readEvent reads the payload of the event. Without it a fork's pull request
// looks like any other, so that its absence is an error.
func readEvent(path string) (event, error) {
	var e event
	if path == "" {
		return e, fmt.Errorf("reading the event: GITHUB_EVENT_PATH is not set, although GITHUB_ACTIONS is true")
	}
	raw, err := regular.Read(path, maxEvent)
	if err != nil {
		return e, fmt.Errorf("reading the event: %w", err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, fmt.Errorf("reading the event: %s is not an event in JSON: %w", path, err)
	}
	return e, nil
}
