package metadata

import (
	"maps"
	"time"
)

// Source is what the standard labels say of an image. A zero field makes no
// label.
type Source struct {
	Title    string // repository name without its owner
	URL      string // page of the repository
	Source   string // where the code is; GitHub links the package to it
	Version  string // first tag
	Revision string // commit
	Created  time.Time
}

// Labels returns the org.opencontainers.image labels for a source, overridden
// and completed by the user's own
// (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
// Created is the commit's time and not the clock's, so that building the same
// commit again gives the same image.
func Labels(s Source, own map[string]string) map[string]string {
	labels := map[string]string{}
	set := func(key, value string) {
		if value != "" {
			labels["org.opencontainers.image."+key] = value
		}
	}
	set("title", s.Title)
	set("url", s.URL)
	set("source", s.Source)
	set("version", s.Version)
	set("revision", s.Revision)
	if !s.Created.IsZero() {
		set("created", s.Created.UTC().Format(time.RFC3339))
	}
	maps.Copy(labels, own)
	return labels
}
