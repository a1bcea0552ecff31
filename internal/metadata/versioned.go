package metadata

import "strings"

// versioned is the pattern's text for the version that the git tag, or the
// rule's value, names. A pre-release, and by PEP 440 a post-release too, only
// gets its whole name: it must not stand for 1.2 or 1.
func (r *Rule) versioned(s scope, parse func(string) (version, bool), scheme string) made {
	text, why := r.subject(s)
	if why != "" {
		return none("%s", why)
	}
	taken, matched, err := r.extract(text)
	if err != nil {
		return made{wrong: r.match.slow(text, err)}
	}
	v, ok := parse(strings.ReplaceAll(taken.text, "/", "-"))
	if !ok {
		return unfit("%q is no %s", taken.text, scheme)
	}
	ser := &series{of: v, parse: parse, name: func(v version) string { return r.render(v, s) }}
	if !r.hasValue {
		ser.read = func(gitTag string) (version, bool) {
			other, otherMatched, err := r.extract(gitTag)
			if err != nil || matched && !otherMatched || !other.beside(taken) {
				return version{}, false
			}
			return parse(strings.ReplaceAll(other.text, "/", "-"))
		}
	}
	m := made{text: r.render(v, s), kind: Version, latest: v.final, series: ser}
	if v.final && !r.whole() {
		m.kind = Floating
	}
	return m
}

// whole tells whether the pattern names one version and not a line of them.
func (r *Rule) whole() bool {
	return r.pattern.uses("version") || r.pattern.uses("raw") ||
		r.pattern.uses("major") && r.pattern.uses("minor") && r.pattern.uses("patch")
}

// extract takes the version out of a text with the attribute match: its first
// group, or all that matches where it has none. Where it does not match, the
// whole text is taken, as docker/metadata-action does.
func (r *Rule) extract(text string) (taken found, matched bool, err error) {
	if r.match == nil {
		return found{text: text}, false, nil
	}
	groups, err := r.match.groups(text)
	switch {
	case err != nil:
		return found{}, false, err
	case groups == nil:
		return found{text: text}, false, nil
	case len(groups) == 1:
		return *groups[0], true, nil
	case groups[1] == nil: // an alternative without the group
		return found{}, true, nil
	}
	return *groups[1], true, nil
}

func (r *Rule) render(v version, s scope) string {
	if !v.final {
		if r.pattern.only("raw") {
			return v.raw
		}
		return v.full
	}
	s.version = v
	return r.pattern.expand(s)
}
