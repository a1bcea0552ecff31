// Package metadata turns what is known about a run into names: tags, a version
// and labels. It is pure.
package metadata

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/distribution/reference"
)

// MaxTag is the longest legal tag, in characters
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
const MaxTag = 128

// Latest is the tag that a branch named main gets.
const Latest = "latest"

// RefTag returns the tag that a git ref publishes as:
//
//	refs/heads/main        latest
//	refs/heads/feature/X   feature-x
//	refs/tags/v1.2.3       1.2.3
//	refs/pull/12/merge     pr-12
//
// The whole name is kept, so that a/x and b/x do not share a tag. Names that
// differ only in case or in what a tag cannot hold do, and so does a branch that
// is called latest, pr-12 or 1.2.3 with what has that tag by rule. A name over 128 characters is
// cut and ends in a hash of the whole. The error says which ref holds nothing
// that a tag can be made of.
func RefTag(ref string) (string, error) {
	name, kind := cutRef(ref)
	switch kind {
	case branch:
		if name == "main" {
			return Latest, nil
		}
	case gitTag:
		name = withoutV(name)
	case pullRequest:
		number, _, _ := strings.Cut(name, "/")
		name = "pr-" + number
	case unknown:
		return "", fmt.Errorf("making a tag of the ref %q: it is neither a branch (refs/heads/…), a tag (refs/tags/…) nor a pull request (refs/pull/…)", ref)
	}
	tag := legal(name)
	if tag == "" {
		return "", fmt.Errorf("making a tag of the ref %q: its name has no letter or digit that a tag may hold", ref)
	}
	return tag, nil
}

// kind is what a ref names.
type kind int

const (
	unknown kind = iota
	branch
	gitTag
	pullRequest
)

func cutRef(ref string) (string, kind) {
	if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		return name, branch
	}
	if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		return name, gitTag
	}
	if name, ok := strings.CutPrefix(ref, "refs/pull/"); ok {
		return name, pullRequest
	}
	return "", unknown
}

// withoutV strips the v of v1.2.3, and only there: a tag named vendor-2 is not
// a version.
func withoutV(tag string) string {
	if len(tag) > 1 && tag[0] == 'v' && tag[1] >= '0' && tag[1] <= '9' {
		return tag[1:]
	}
	return tag
}

// legal makes a tag of any text: lower case, every run of other characters one
// hyphen, no separator at the start, at most MaxTag characters. It returns ""
// where nothing is left.
func legal(text string) string {
	return cutTag(text, sanitise(strings.ToLower(text)))
}

// legalTag is legal for the tags of rules, which keep their case.
func legalTag(text string) string {
	return cutTag(text, sanitise(text))
}

var illegal = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)

func sanitise(text string) string {
	if reference.TagRegexp.FindString(text) == text { // nothing to do, for most
		return text
	}
	return strings.TrimLeft(illegal.ReplaceAllString(text, "-"), ".-")
}

// cutTag cuts what is longer than a tag may be, and ends it in a hash of the
// text that it was made of, so that two long names stay apart.
func cutTag(text, tag string) string {
	if len(tag) <= MaxTag {
		return tag
	}
	sum := sha256.Sum256([]byte(text))
	suffix := "-" + hex.EncodeToString(sum[:])[:8]
	return strings.TrimRight(tag[:MaxTag-len(suffix)], ".-") + suffix
}

// PathName makes an element of a repository path of any text, such as the name
// of a directory. It has at least the two characters that a path must have, and
// at most maxPathName.
func PathName(text string) string {
	name := strings.Trim(separators.ReplaceAllString(strings.ToLower(text), "-"), "-")
	switch {
	case name == "":
		return "image"
	case len(name) == 1:
		return name + "-image"
	case len(name) > maxPathName:
		return strings.TrimRight(name[:maxPathName], "-")
	}
	return name
}

// maxPathName leaves room for an owner in the 255 characters of a whole path.
const maxPathName = 128

// separators are what a path element may not hold, and runs of what it may hold
// one of between letters and digits.
var separators = regexp.MustCompile(`[^a-z0-9]+`)
