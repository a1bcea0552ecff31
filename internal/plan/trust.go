package plan

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// Upstream is the run that started a run of workflow_run.
type Upstream struct {
	Event          string // its event, such as pull_request
	HeadRepository string // owner/name that its commit comes from; empty where that was deleted
	HeadSHA        string
	HeadBranch     string // of the commit, without refs/heads/
}

// Tree is what is checked out where the context and the Dockerfile lie. Its zero
// value is that of files of which nobody knows whose they are.
type Tree struct {
	Own  bool   // all of it is the repository's own
	Path string // the first that is not; empty where Own
	Head string // the commit that is checked out around Path; empty where Path is no part of one
	URL  string // what the builder fetches in place of Path, without a query; Head is the commit that it names
	Why  string // why Head is not known to be the repository's or, without Head, why Path is no part of a commit
}

// stranger returns the repository that the commit of another one comes from,
// which started a run that has the secrets of this one; or "" where the event
// does not say.
func (f Facts) stranger() string {
	const deleted = "a repository that was deleted"
	switch {
	case f.Event == "pull_request_target" && f.fromFork():
		return cmp.Or(f.Pull.HeadRepository, deleted)
	case f.Event == "workflow_run" && !strings.EqualFold(f.Upstream.HeadRepository, f.Repository):
		return cmp.Or(f.Upstream.HeadRepository, deleted)
	}
	return ""
}

// untrusted tells whether such a run may build a stranger's files. Files around
// which there is no checkout that can be read count as a stranger's: they may be
// out of an artifact of the run before, or an archive of the pull request, and a
// workflow that has its own files checked out loses nothing.
func (f Facts) untrusted() bool { return f.Anybody() && !f.Tree.Own }

// decideTrust refuses to build a stranger's files with the secrets of the
// repository, unless somebody has read them. It is not for push to say: the
// steps of a Dockerfile run in every build.
func decideTrust(in inputs.Inputs, f Facts) error {
	if in.AllowUntrustedHead || !f.untrusted() {
		return nil
	}
	return &advice.Error{
		Doing:  "deciding whether the files may be built",
		Reason: fmt.Sprintf("%s, and %s: a stranger's Dockerfile would run with the secrets and the token of this workflow", f.found(), f.startedBy()),
		Advice: "build pull requests in a workflow with `on: pull_request`, whose runs have neither, and here only files of this repository's own branches and tags, as they were checked out; or, where a maintainer has reviewed what is checked out, set allow-untrusted-head: true",
	}
}

// found says what is there in place of the repository's own files.
func (f Facts) found() string {
	why := ""
	if f.Tree.Why != "" {
		why = ": " + f.Tree.Why
	}
	if f.Tree.URL != "" {
		return fmt.Sprintf("the context %s is not that of this run's own commit, %s of %s%s", f.Tree.URL, cmp.Or(f.Commit.SHA, "(unknown)"), f.Repository, why)
	}
	path := cmp.Or(f.Tree.Path, "the context")
	switch {
	case f.Tree.Head == "" && why != "":
		return fmt.Sprintf("nothing tells whose files %s holds%s", path, why)
	case f.Tree.Head == "":
		return fmt.Sprintf("nothing tells whose files are built, because there is no git checkout around %s that can be read", path)
	case f.stranger() != "" && (f.Tree.Head == f.Pull.HeadSHA || f.Tree.Head == f.Upstream.HeadSHA):
		return fmt.Sprintf("the git checkout around %s is at %s, which is the head of %s", path, f.Tree.Head, f.stranger())
	}
	return fmt.Sprintf("the git checkout around %s is at %s, which is not the commit of this run, %s%s", path, f.Tree.Head, cmp.Or(f.Commit.SHA, "(unknown)"), why)
}

func (f Facts) startedBy() string {
	switch who := f.stranger(); {
	case who == "":
		return "anybody can cause a run of the event " + f.Event
	case f.Event == "workflow_run":
		return fmt.Sprintf("the run of the event %s that started this one comes from %s", cmp.Or(f.Upstream.Event, "(unknown)"), who)
	default:
		return fmt.Sprintf("pull request %d comes from %s", f.Pull.Number, who)
	}
}

// untrustedFiles says why a run neither publishes by itself nor writes a cache
// that others read, or "".
func untrustedFiles(f Facts) string {
	switch who := f.stranger(); {
	case !f.untrusted():
		return ""
	case who == "":
		return "the files that are built are not known to be this repository's"
	default:
		return "the files that are built are not this repository's, but those of " + who
	}
}

// untrustedTag is the tag of a stranger's files in a run whose ref is the
// default branch, which they must not be called after.
func untrustedTag(f Facts) (string, metadata.Kind) {
	const prefix = "untrusted"
	if f.Commented != 0 {
		return fmt.Sprintf("pr-%d", f.Commented), metadata.Branch
	}
	if len(f.Tree.Head) < shortCommit {
		return prefix, metadata.Written
	}
	return prefix + "-" + f.Tree.Head[:shortCommit], metadata.Version
}
