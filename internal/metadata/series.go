package metadata

import "strings"

// series is the line of versions that a tag belongs to.
type series struct {
	of    version
	parse func(string) (version, bool)
	read  func(gitTag string) (version, bool) // the version that a git tag is for the rule
	name  func(version) string                // the rule's text for a version; nil: every version is of the line

	prefix, suffix string // of the rule's tags
}

// plainSeries is that of a rule that is not about versions, where its text is
// one by semver.org; else nil.
func plainSeries(text string) *series {
	v, ok := parseSemver(text)
	if !ok {
		return nil
	}
	return &series{of: v, parse: parseSemver, read: parseSemver}
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
		sameLine := s.name == nil || s.name(v) == s.name(s.of)
		if v.final && v.newer(s.of) && sameLine && (!ok || v.newer(newest)) {
			newest, ok = v, true
		}
	}
	for _, tag := range k.Git {
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
