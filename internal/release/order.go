package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/go-git/go-git/v5/plumbing"
)

// order is what a maintainer asks for by pushing a tag.
type order struct{ version *semver.Version }

func parseOrder(tag string) (order, error) {
	written, ok := strings.CutPrefix(tag, "release/v")
	version, err := semver.StrictNewVersion(written)
	switch {
	case !ok:
		return order{}, fmt.Errorf("reading %q: an order is a tag such as release/v1.2.3", tag)
	case err != nil:
		return order{}, fmt.Errorf("reading %q: %w; an order is a tag such as release/v1.2.3", tag, err)
	case version.Metadata() != "":
		return order{}, fmt.Errorf("reading %q: a tag of an image cannot hold the +", tag)
	}
	return order{version: version}, nil
}

// tag is the git tag that users may name.
func (o order) tag() string { return "v" + o.version.String() }

// major is the git tag that most users name, which follows the newest version.
func (o order) major() string { return fmt.Sprintf("v%d", o.version.Major()) }

// movesMajor says whether no tag is of a newer version with this major number. A
// pre-release moves nothing.
func (o order) movesMajor(tags map[string]plumbing.Hash) bool {
	if o.version.Prerelease() != "" {
		return false
	}
	for tag := range tags {
		other, err := semver.StrictNewVersion(strings.TrimPrefix(tag, "v"))
		if err == nil && other.Prerelease() == "" && other.Major() == o.version.Major() && other.GreaterThan(o.version) {
			return false
		}
	}
	return true
}

// readNotes returns what CHANGELOG.md says of the version, without the heading.
func readNotes(o order) (string, error) {
	raw, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return "", fmt.Errorf("reading the release's notes: %w", err)
	}
	heading := regexp.MustCompile(`(?m)^## \[` + regexp.QuoteMeta(o.version.String()) + `\].*$`)
	start := heading.FindIndex(raw)
	if start == nil {
		return "", fmt.Errorf("reading CHANGELOG.md: it has no section [%s]; rename Unreleased", o.version)
	}
	rest := string(raw[start[1]:])
	if end := regexp.MustCompile(`(?m)^(## |\[[^]]+\]: )`).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	notes := strings.TrimSpace(rest)
	if notes == "" {
		return "", fmt.Errorf("reading CHANGELOG.md: the section [%s] is empty", o.version)
	}
	return notes, nil
}
