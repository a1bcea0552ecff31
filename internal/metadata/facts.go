package metadata

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Facts is what rules and templates may know of a run. A zero field means that
// nobody said.
type Facts struct {
	Event         string // GITHUB_EVENT_NAME
	Ref           string // full ref; for pull_request_target the runner gives the base branch
	SHA           string // the commit that is built; on a pull request that is a merge commit, which exists nowhere else
	HeadSHA       string // head commit of the event's pull request
	Pull          int    // number of the event's pull request
	BaseRef       string // base_ref of a push, or the branch that a pull request goes to
	DefaultBranch string // without refs/heads/
	Prerelease    bool   // the event's release is flagged as a pre-release
	CommitTime    time.Time
	Now           time.Time // when the run began; also the commit's time where nobody knows that
}

// Revision returns the commit that tags and labels name: on a pull request its
// head. For pull_request_target it is what is checked out, by default the base.
func (f Facts) Revision() string {
	if f.pullRef() && f.HeadSHA != "" && f.Event != "pull_request_target" {
		return f.HeadSHA
	}
	return f.SHA
}

func (f Facts) pullRef() bool { return strings.HasPrefix(f.ref(), "refs/pull/") }

// ref is the run's ref. What pull_request_target builds for is the pull request
// and not the base branch.
func (f Facts) ref() string {
	if f.Event == "pull_request_target" && f.Pull != 0 {
		return fmt.Sprintf("refs/pull/%d/merge", f.Pull)
	}
	return f.Ref
}

// branch returns the branch of the run, or "".
func (f Facts) branch() string {
	name, kind := cutRef(f.ref())
	if kind != branch {
		return ""
	}
	return name
}

// tag returns the git tag of the run, or "".
func (f Facts) tag() string {
	name, kind := cutRef(f.ref())
	if kind != gitTag {
		return ""
	}
	return name
}

// shortSHA has seven characters, as git has by default.
func (f Facts) shortSHA() string {
	sha := f.Revision()
	return sha[:min(7, len(sha))]
}

// baseRef is the branch that a git tag was pushed with, or that a pull request
// goes to.
func (f Facts) baseRef() string {
	if f.tag() != "" {
		return strings.TrimPrefix(f.BaseRef, "refs/heads/")
	}
	if f.pullRef() {
		return f.BaseRef
	}
	return ""
}

// onDefaultBranch tells whether the run is for the default branch. Some events
// always are
// (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows).
func (f Facts) onDefaultBranch() bool {
	ref := f.ref()
	if ref == "" || ref == "refs/heads/" {
		return false
	}
	if strings.TrimPrefix(ref, "refs/heads/") == f.DefaultBranch {
		return true
	}
	for _, event := range []string{"create", "discussion", "issues", "schedule"} {
		if strings.Contains(f.Event, event) {
			return true
		}
	}
	return false
}

func (f Facts) commitTime() time.Time {
	if f.CommitTime.IsZero() {
		return f.Now
	}
	return f.CommitTime
}

// scope is what an expression's value depends on.
type scope struct {
	Facts
	version version // of the rule's pattern, or of the git tag; zero where there is none
}

// newScope is the scope of everything but a pattern: the version is the git
// tag's, by semver.org or else by PEP 440.
func newScope(f Facts) scope {
	s := scope{Facts: f}
	if tag := f.tag(); tag != "" {
		v, ok := parseSemver(tag)
		if !ok {
			v, _ = parsePEP440(tag)
		}
		s.version = v
		s.version.raw = tag
	}
	return s
}

// value is what an expression stands for.
func (e *expression) value(s scope) string {
	switch e.name {
	case "date":
		return e.format.Format(s.Now.In(e.zone))
	case "commit_date":
		return e.format.Format(s.commitTime().In(e.zone))
	case "raw", "version", "major", "minor", "patch":
		return s.version.part(e.name)
	}
	return e.fact(s)
}

func (e *expression) fact(s scope) string {
	switch e.name {
	case "branch":
		return s.branch()
	case "tag":
		return s.tag()
	case "sha":
		return s.shortSHA()
	case "base_ref":
		return s.baseRef()
	case "is_default_branch":
		return fmt.Sprint(s.onDefaultBranch())
	case "is_not_default_branch":
		return fmt.Sprint(!s.onDefaultBranch())
	}
	return ""
}

// event is the event's name for people.
func (f Facts) event() string { return cmp.Or(f.Event, "unknown") }
