package plan

import (
	"fmt"
	"strings"
)

// Checkout is the commit at the head of the git checkout around the context. Its
// zero value: there is none, or it is not one of the run's repository.
type Checkout struct {
	Commit
	Branch string // that is checked out; empty for a detached head
	Merge  bool   // the commit merges the head of the event's pull request
}

// built is the commit that is built, which tags, labels and times are made of:
// the one that is checked out or, where nobody knows, the run's. Of a stranger's
// files it may be empty. A merge commit of a pull request exists nowhere else, so
// that its head is named.
func (f Facts) built() Commit {
	commit := f.Commit
	if f.Checkout.SHA != "" {
		commit = f.Checkout.Commit
	}
	switch {
	case f.untrusted():
		commit.SHA = f.Tree.Head
	case f.Checkout.Merge:
		commit.SHA = f.Pull.HeadSHA
	}
	return commit
}

// elsewhere tells whether another commit is checked out than the run is for. On
// a pull request it is for the merge commit and for the head.
func (f Facts) elsewhere() bool {
	at := f.Checkout.SHA
	ofPull := f.Pull.Number != 0 && (f.Checkout.Merge || at == f.Pull.HeadSHA)
	return at != "" && f.Commit.SHA != "" && at != f.Commit.SHA && !ofPull
}

// tagRef is the ref that tags are named after: the run's, but for a stranger's
// files, which have that of the pull request that was commented on, or none. A run
// that another run has started always has the default branch: if it builds the
// commit of the other one, it has its branch.
func (f Facts) tagRef() string {
	of, at := f.Upstream, f.Checkout
	switch {
	case f.untrusted() && f.Commented != 0: // the run's ref is the default branch
		return fmt.Sprintf("refs/pull/%d/merge", f.Commented)
	case f.untrusted():
		return ""
	case f.Event != "workflow_run" || of.HeadBranch == "" || !strings.EqualFold(of.HeadRepository, f.Repository):
		return f.Ref
	case f.elsewhere() && (at.SHA == of.HeadSHA || at.Branch == of.HeadBranch):
		return "refs/heads/" + of.HeadBranch
	}
	return f.Ref
}

// checkoutNotice says that another commit is built than the run is for, or "".
func checkoutNotice(f Facts) string {
	if !f.elsewhere() || f.untrusted() {
		return ""
	}
	refs := "tags of the ref are those of " + f.tagRef()
	if f.tagRef() != f.Ref {
		refs += ", the branch of the run that started this one"
	}
	return fmt.Sprintf("%s is checked out, and this run is for %s: labels, times and tags of the commit name the first; %s", f.Checkout.SHA, f.Commit.SHA, refs)
}
