package plan

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// decidePush tells whether to publish and, where not, why.
func decidePush(in inputs.Inputs, f Facts) (publish bool, reason string, err error) {
	readOnly := f.ReadOnlyToken()
	switch {
	case in.Push == inputs.PushFalse:
		return false, saidOfPush(in), nil
	case in.Push == inputs.PushTrue && readOnly != "":
		return false, "", &advice.Error{
			Doing:  "deciding whether to publish",
			Reason: fmt.Sprintf("%s, but %s", saidOfPush(in), readOnly),
			Advice: leaveToAuto(in) + ": such a run then builds, says why it does not publish, and is green",
		}
	case in.Push == inputs.PushTrue:
		return true, "", nil
	case readOnly != "":
		return false, readOnly, nil
	}
	reason = cmp.Or(buildOnly(f.Event), untrustedFiles(f))
	if reason == "" && wantsResults(in) {
		reason = forResults(in)
	}
	return reason == "", reason, nil
}

// forResults is why a run that would publish does not: it asks for something else.
func forResults(in inputs.Inputs) string {
	asked := "the input load is true"
	if len(in.Outputs) > 0 {
		asked = "the input outputs asks for files"
	}
	return asked + ", and the input push is not set"
}

// unpublished warns of a run that publishes nothing and would without the files or
// the load: as push: auto is also what nobody has written, it may not be meant.
func unpublished(in inputs.Inputs, reason string) []string {
	if !wantsResults(in) || reason != forResults(in) {
		return nil
	}
	return []string{fmt.Sprintf("nothing is published: %s; push: true does both, and push: false says that it is meant", reason)}
}

// ReadOnlyToken says why the run's token cannot write by its nature, or "".
// pull_request_target runs in the base repository with its token, fork or not.
func (f Facts) ReadOnlyToken() string {
	switch f.Event {
	case "pull_request", "pull_request_review", "pull_request_review_comment":
		if f.fromFork() {
			return fmt.Sprintf("this pull request comes from the fork %s, and GitHub gives such runs a token that cannot write packages", orUnknown(f.Pull.HeadRepository))
		}
	}
	switch f.Event {
	case "push", "create", "pull_request", "pull_request_review", "pull_request_review_comment", "deployment", "deployment_status":
		if f.Actor == dependabot || f.Attempter == dependabot {
			return "Dependabot triggered this run, and GitHub gives such runs a token that cannot write packages"
		}
	}
	return ""
}

func orUnknown(repository string) string {
	if repository == "" {
		return "(deleted)"
	}
	return repository
}

// buildOnly says why an event does not publish by itself, or "". Outside
// Actions there is no event, and a build was asked for by hand.
func buildOnly(event string) string {
	switch event {
	case "", "push", "release", "workflow_dispatch", "schedule", "repository_dispatch", "workflow_run", "create":
		return ""
	case "pull_request", "pull_request_target":
		return "pull requests are built and not published"
	case "merge_group":
		return "merge groups are built and not published"
	}
	return fmt.Sprintf("runs for the event %s do not publish unless the input push is true", event)
}

// writersStart tells whether only people who may write to a repository, or
// triage for it, start runs of an event. Of pull_request others do too, whose
// runs have neither secrets nor a token that can write. Every event that is not
// here may be anybody's: new ones, too
// (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows).
func writersStart(event string) bool {
	switch event {
	case "push", "create", "delete", "release", "schedule", "workflow_dispatch", "repository_dispatch",
		"merge_group", "deployment", "deployment_status", "page_build", "registry_package", "label", "milestone",
		"pull_request":
		return true
	}
	return false
}

// Anybody tells whether somebody who may not write to the repository can have
// caused the run, although it has the repository's secrets. Only the
// repository's own files are built in such a run.
func (f Facts) Anybody() bool {
	switch {
	case !f.Actions, writersStart(f.Event), f.ReadOnlyToken() != "":
		return false
	case f.Event == "pull_request_target":
		return f.Pull.Number == 0 || f.fromFork() // a branch of this repository was pushed by who may write
	}
	return true
}

// OwnCommits are the commits that GitHub itself says to be the repository's:
// that of the run, and the head of a pull request or of another run that does
// not come from a fork.
func (f Facts) OwnCommits() []string {
	var own []string
	add := func(sha, repository string) {
		if sha != "" && strings.EqualFold(repository, f.Repository) {
			own = append(own, sha)
		}
	}
	add(f.Commit.SHA, f.Repository)
	add(f.Pull.HeadSHA, f.Pull.HeadRepository)
	add(f.Upstream.HeadSHA, f.Upstream.HeadRepository)
	return own
}
