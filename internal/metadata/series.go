package metadata

import (
	"slices"
	"strings"
)

// series is the line of versions that a tag belongs to.
type series struct {
	of    version
	parse func(string) (version, bool)
	read  func(gitTag string) (version, bool) // the version that a git tag is for the rule; nil: git tags do not count
	name  func(version) string                // the rule's text for a version; nil: every version is of the line

	prefix, suffix string // of the rule's tags
}

// plainSeries is that of a rule that is not about versions, where the text that
// it found is one by semver.org; else nil. Without git tags those of the registry
// count alone.
func plainSeries(text string, read func(gitTag string) (version, bool)) *series {
	v, ok := parseSemver(text)
	if !ok {
		return nil
	}
	return &series{of: v, parse: parseSemver, read: read}
}

// beside tells whether two texts that were found have the same around them: the
// versions of worker/v1.2.3 and api/v1.2.3 are two series. A v right before the
// version is of the version.
func (f found) beside(other found) bool {
	return strings.TrimSuffix(f.before, "v") == strings.TrimSuffix(other.before, "v") && f.after == other.after
}

// latest is the line of all versions of the rule.
func (s *series) latest() *series {
	if s == nil {
		return nil
	}
	all := *s
	all.name = nil
	return &all
}

// newest returns the newest known version of the line that comes after this
// one's, or none.
func (s *series) newest(k Known) (newest version, ok bool) {
	consider := func(v version) {
		if s.comesAfter(v) && (!ok || v.newer(newest)) {
			newest, ok = v, true
		}
	}
	for _, tag := range k.Git {
		if s.read == nil {
			break
		}
		if v, isVersion := s.read(tag); isVersion {
			consider(v)
		}
	}
	for _, tag := range k.Published {
		if v, isVersion := s.published(tag); isVersion {
			consider(v)
		}
	}
	return newest, ok
}

// comesAfter tells whether a version is a final one of the same line, and newer.
func (s *series) comesAfter(v version) bool {
	return v.final && v.newer(s.of) && v.calendar() == s.of.calendar() && (s.name == nil || s.name(v) == s.name(s.of))
}

// contested tells whether a known version of the other series has the same line.
func (s *series) contested(k Known) bool {
	other := func(tag string) bool {
		v, ok := s.rival(tag)
		return ok && (s.name == nil || s.name(v) == s.name(s.of))
	}
	return slices.ContainsFunc(k.Git, other) || slices.ContainsFunc(k.Published, other)
}

// rival reads a tag or label as a version of the other series: the calendar's
// where this one is semantic, and the other way round. The two cannot be compared.
func (s *series) rival(text string) (version, bool) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, s.prefix), s.suffix)
	v, ok := parseSemver(text)
	if !ok {
		v, ok = parsePEP440(text)
	}
	return v, ok && strings.ContainsAny(text, ".-") && v.calendar() != s.of.calendar()
}

// published reads a registry's tag as a version. PEP 440 takes any number for
// one, a date or the number of a run as well: a tag without a dot is none, unless
// this run's version is written so.
func (s *series) published(tag string) (version, bool) {
	text, hasPrefix := strings.CutPrefix(tag, s.prefix)
	text, hasSuffix := strings.CutSuffix(text, s.suffix)
	if !hasPrefix || !hasSuffix || s.of.pep440 != nil && !strings.Contains(text, ".") && strings.Contains(s.of.raw, ".") {
		return version{}, false
	}
	return s.parse(text)
}
