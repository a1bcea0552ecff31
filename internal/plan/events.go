package plan

import "strings"

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
