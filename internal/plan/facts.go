package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/packages"
)

// Facts is what is known of a run before anything is decided. Package facts
// fills it; a zero field means that nobody said.
type Facts struct {
	Actions bool   // runs as a step of GitHub Actions
	Event   string // GITHUB_EVENT_NAME; empty outside Actions
	Ref     string // full ref, refs/heads/main; empty on a detached checkout without a tag

	Repository string // owner/name, as written on GitHub
	ServerURL  string // https://github.com, or the Enterprise server
	Actor      string // who triggered the run
	Attempter  string // who triggered this attempt of it; empty where nobody said
	Run        string // URL of this attempt of the run

	BaseRef    string    // branch that a pull request goes into, or that a tag was pushed with
	Schedule   string    // cron line of a schedule event
	Prerelease bool      // the event's release is flagged as a pre-release
	Started    time.Time // when the run began

	Project  Project
	Commit   Commit // what the run is for; Checkout may be at another
	Pull     Pull
	Upstream Upstream
	Tree     Tree
	Checkout Checkout
	// Commented is the number of the pull request that the event's comment is on;
	// 0 where there is none.
	Commented int
	// Logins are the hosts that the Docker config has logins for, with blanks
	// between them: facts can be compared.
	Logins string
	// Proxies are what the Docker config has for the steps of a build.
	Proxies Proxies
}

// Project is what the repository says of itself.
type Project struct {
	DefaultBranch string // name; empty where nobody said
	Description   string
	License       string // SPDX identifier
	Visibility    packages.Visibility
	Owner         packages.Owner // kind of whose the repository is
}

// Commit is a commit; of Facts the run's own, GITHUB_SHA.
type Commit struct {
	SHA  string    // full
	Time time.Time // committer time; zero where nobody knows it
}

// Pull is the pull request of the event; its number is 0 where there is none.
type Pull struct {
	Number         int
	HeadRepository string // owner/name; differs from Facts.Repository for a fork
	HeadSHA        string
}

// Revision returns the commit that tags and labels name: on a pull request its
// head.
func (f Facts) Revision() string { return f.forNames().Revision() }

// Imagined are the facts of a run that somebody only thinks of: a ref of a pull
// request brings its number, and GitHub is the server of a repository that has
// none. A run that starts another is the repository's own.
func (f Facts) Imagined() Facts {
	if number, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(f.Ref, "refs/pull/"), "/merge")); err == nil && f.Pull.Number == 0 {
		f.Pull.Number, f.Pull.HeadRepository = number, f.Repository
	}
	if f.ServerURL == "" && f.Repository != "" {
		f.ServerURL = "https://github.com"
	}
	if f.Upstream == (Upstream{}) {
		f.Upstream.HeadRepository = f.Repository
	}
	return f
}

// owner returns the first element of the repository.
func (f Facts) owner() string {
	owner, _, _ := strings.Cut(f.Repository, "/")
	return owner
}

// title returns the last element of the repository.
func (f Facts) title() string {
	_, title, _ := strings.Cut(f.Repository, "/")
	return title
}

// fromFork tells whether the run is for a pull request from another repository,
// whose token GitHub makes read-only.
func (f Facts) fromFork() bool {
	return f.Pull.Number != 0 && !strings.EqualFold(f.Pull.HeadRepository, f.Repository)
}

// dependabot is the actor whose runs of some events GitHub gives a read-only
// token and no secrets, also where somebody else starts them again
// (https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions).
const dependabot = "dependabot[bot]"

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
