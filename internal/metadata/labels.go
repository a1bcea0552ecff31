package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Source is what the standard labels say of an image. A zero field makes no
// label.
type Source struct {
	Title       string // repository name without its owner
	Description string // of the repository
	URL         string // page of the repository
	Source      string // where the code is; GitHub links the package to it
	Version     string // first tag
	Revision    string // commit
	Licenses    string // SPDX expression
	Created     time.Time
}

// standard is the prefix of the labels that OCI names
// (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
const standard = "org.opencontainers.image."

// Labels returns the org.opencontainers.image labels for a source, overridden
// and completed by the user's own. Created is the commit's time and not the
// clock's, so that building the same commit again gives the same image.
func Labels(s Source, own map[string]string) map[string]string {
	labels := s.labels()
	maps.Copy(labels, own)
	for key := range limits {
		if value, ok := labels[key]; ok {
			labels[key] = limited(key, value)
		}
	}
	return labels
}

func (s Source) labels() map[string]string {
	labels := map[string]string{}
	set := func(key, value string) {
		if value != "" {
			labels[standard+key] = strings.ToValidUTF8(value, "\uFFFD")
		}
	}
	set("title", s.Title)
	set("description", s.Description)
	set("url", s.URL)
	set("source", s.Source)
	set("version", s.Version)
	set("revision", s.Revision)
	set("licenses", s.Licenses)
	if !s.Created.IsZero() {
		set("created", s.Created.UTC().Format(time.RFC3339))
	}
	return labels
}

// limits are the lengths, in characters, past which GitHub's registry does not
// show a value
// (https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry#labelling-container-images).
var limits = map[string]int{standard + "description": 512, standard + "licenses": 256}

// limited makes one line of a value that GitHub shows, and cuts it. Other values
// stay as they are.
func limited(key, value string) string {
	limit, ok := limits[key]
	if !ok {
		return value
	}
	if strings.ContainsAny(value, "\r\n") {
		value = strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
	}
	if utf8.RuneCountInString(value) > limit {
		value = string([]rune(value)[:limit])
	}
	return value
}

// Shortened says which values Labels and Annotations change, and why.
func Shortened(values map[string]string) []string {
	var notices []string
	for _, key := range slices.SortedFunc(maps.Keys(values), CompareKeys) {
		if value := values[key]; limited(key, value) != value {
			notices = append(notices, fmt.Sprintf("%s has %d characters; GitHub shows one line of at most %d, which is what is kept", key, utf8.RuneCountInString(value), limits[key]))
		}
	}
	return notices
}
