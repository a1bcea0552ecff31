package metadata

import (
	"fmt"
	"strings"
)

// make is the text of a rule's tag, or why there is none.
func (r *Rule) make(s scope) made {
	switch r.Type {
	case TypeSchedule:
		if !strings.Contains(s.Event, "schedule") {
			return none("the event is %s and not schedule", s.event())
		}
		return made{text: r.pattern.expand(s)}
	case TypeSemver:
		return r.versioned(s, parseSemver, "semantic version (https://semver.org)")
	case TypePEP440:
		return r.versioned(s, parsePEP440, "version by PEP 440 (https://peps.python.org/pep-0440)")
	case TypeMatch:
		return r.matched(s)
	case TypeEdge:
		return r.edge(s)
	case TypeRef:
		return r.ref(s)
	case TypeSHA:
		return r.sha(s)
	}
	return made{text: r.value.expand(s), kind: r.writtenKind(s)}
}

// writtenKind is the kind of a tag that stands in the workflow. One that is made
// of the branch, or for the default branch alone, follows that branch.
func (r *Rule) writtenKind(s scope) Kind {
	_, kind := cutRef(s.ref())
	if kind == branch && (r.value.uses("branch") || r.enable.uses("is_default_branch")) {
		return Branch
	}
	return r.kind
}

// subject is what a rule about versions looks at: its value, or the git tag.
func (r *Rule) subject(s scope) (text, why string) {
	if r.hasValue {
		return r.value.expand(s), ""
	}
	if name, kind := cutRef(s.ref()); kind == gitTag {
		return name, ""
	}
	return "", fmt.Sprintf("the ref is %q and no git tag, and the rule has no value", s.ref())
}

// edge is for one branch.
func (r *Rule) edge(s scope) made {
	name, kind := cutRef(s.ref())
	wanted := r.branch
	if wanted == "" {
		wanted = s.DefaultBranch
	}
	switch {
	case kind != branch:
		return none("the ref is %q and no branch", s.ref())
	case wanted == "":
		return none("the default branch is not known (neither the event nor GitHub's API names it)")
	case name != wanted:
		return none("the branch is %q and not %q", name, wanted)
	}
	return made{text: "edge", kind: Branch}
}

// ref is the name of the branch, the git tag, or the pull request's number.
func (r *Rule) ref(s scope) made {
	name, kind := cutRef(s.ref())
	switch {
	case r.event == "branch" && kind == branch:
		return made{text: name, kind: Branch}
	case r.event == "tag" && kind == gitTag:
		return made{text: name, kind: Version, latest: true, series: plainSeries(name, parseSemver)}
	case r.event == "pr" && kind == pullRequest:
		return made{text: strings.TrimSuffix(name, "/merge"), kind: Branch}
	}
	what := map[string]string{"branch": "no branch", "tag": "no git tag", "pr": "no pull request"}[r.event]
	return none("the ref is %q and %s", s.ref(), what)
}

func (r *Rule) sha(s scope) made {
	sha := s.Revision()
	if sha == "" {
		return none("nobody said what the commit is")
	}
	if !r.long {
		sha = s.shortSHA()
	}
	return made{text: sha, kind: Version}
}

// matched is what a group of the pattern matches.
func (r *Rule) matched(s scope) made {
	text, why := r.subject(s)
	if why != "" {
		return none("%s", why)
	}
	groups, err := r.match.groups(text)
	switch {
	case err != nil:
		return made{wrong: r.match.slow(text, err)}
	case groups == nil:
		return unfit("the pattern %s does not match %q", r.match.written, text)
	case r.group >= len(groups):
		return unfit("the pattern %s has no group %d", r.match.written, r.group)
	case groups[r.group] == nil:
		return unfit("group %d of the pattern %s matches nothing in %q", r.group, r.match.written, text)
	}
	taken := *groups[r.group]
	m := made{text: taken.text, kind: Written, latest: true, series: plainSeries(taken.text, r.sameMatch(taken))}
	if m.series != nil {
		m.kind = Version
		return m
	}
	var whole func(string) (version, bool)
	if !r.hasValue {
		whole = parseSemver
	}
	m.series = plainSeries(text, whole)
	return m
}

// sameMatch reads the version that the pattern finds in another git tag in the
// same place; it is nil for a rule with a value.
func (r *Rule) sameMatch(taken found) func(gitTag string) (version, bool) {
	if r.hasValue {
		return nil
	}
	return func(gitTag string) (version, bool) {
		groups, err := r.match.groups(gitTag)
		if err != nil || r.group >= len(groups) || groups[r.group] == nil || !groups[r.group].beside(taken) {
			return version{}, false
		}
		return parseSemver(groups[r.group].text)
	}
}
