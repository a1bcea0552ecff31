package metadata

import (
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
	pep440 "github.com/aquasecurity/go-pep440-version"
)

// version is a version by one of two schemes, and the parts that patterns use.
// The zero version is none.
type version struct {
	raw                 string // as given
	full                string // normal form
	major, minor, patch string
	final               bool // no pre-release, and by PEP 440 no post- or development release either

	semver *semver.Version // one of the two is set
	pep440 *pep440.Version
}

// maxVersion is the longest version that is read, in bytes; longer ones are text
// of a stranger's.
const maxVersion = 256

// parseSemver reads a version by semver.org, with a v in front or without, and
// all three numbers. Build metadata is no part of the normal form.
func parseSemver(text string) (version, bool) {
	if len(text) > maxVersion {
		return version{}, false
	}
	v, err := semver.StrictNewVersion(strings.TrimPrefix(strings.TrimSpace(text), "v"))
	if err != nil {
		return version{}, false
	}
	numbers, pre := v.String(), v.Prerelease()
	numbers, _, _ = strings.Cut(numbers, "+")
	full := numbers
	numbers, _, _ = strings.Cut(numbers, "-")
	parts := strings.Split(numbers, ".")
	return version{raw: text, full: full, major: parts[0], minor: parts[1], patch: parts[2], final: pre == "", semver: v}, true
}

// parsePEP440 reads a version of Python's
// (https://packaging.python.org/en/latest/specifications/version-specifiers/).
// A release that is too short has zeros for what it lacks.
func parsePEP440(text string) (version, bool) {
	if len(text) > maxVersion || strings.TrimSpace(text) != text {
		return version{}, false
	}
	v, err := pep440.Parse(text)
	if err != nil {
		return version{}, false
	}
	release := v.BaseVersion()
	if _, after, ok := strings.Cut(release, "!"); ok { // the epoch
		release = after
	}
	parts := append(strings.Split(release, "."), "0", "0")
	return version{
		raw: text, full: normalPEP440(v), major: parts[0], minor: parts[1], patch: parts[2],
		final: !v.IsPreRelease() && !v.IsPostRelease(), pep440: &v,
	}, true
}

// normalPEP440 is the normal form, but for hyphens between the parts of a local
// version: a tag that holds it is the one that docker/metadata-action makes.
func normalPEP440(v pep440.Version) string {
	if v.Local() == "" {
		return v.String()
	}
	parts := strings.FieldsFunc(v.Local(), func(r rune) bool { return strings.ContainsRune(".-_", r) })
	for i, part := range parts {
		if n, err := strconv.ParseUint(part, 10, 64); err == nil {
			parts[i] = strconv.FormatUint(n, 10)
		}
	}
	return v.Public() + "+" + strings.Join(parts, "-")
}

func (v version) part(name string) string {
	switch name {
	case "raw":
		return v.raw
	case "version":
		return v.full
	case "major":
		return v.major
	case "minor":
		return v.minor
	case "patch":
		return v.patch
	}
	return ""
}

// calendar tells whether the version is that of a year, such as 2024.5.1.
func (v version) calendar() bool {
	year, err := strconv.Atoi(v.major)
	return err == nil && 1990 <= year && year <= 2100
}

// newer tells whether v comes after another version by the same scheme.
func (v version) newer(than version) bool {
	switch {
	case v.semver != nil && than.semver != nil:
		return v.semver.GreaterThan(than.semver)
	case v.pep440 != nil && than.pep440 != nil:
		return v.pep440.GreaterThan(*than.pep440)
	}
	return false
}
