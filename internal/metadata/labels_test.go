package metadata_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/metadata"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	const prefix = "org.opencontainers.image."
	commit := time.Date(2024, 5, 6, 1, 2, 3, 987654321, time.FixedZone("CEST", 2*60*60))
	full := metadata.Source{
		Title:    "hello",
		URL:      "https://github.com/octo/hello",
		Source:   "https://github.com/octo/hello.git",
		Version:  "1.2.3",
		Revision: "0123456789abcdef",
		Created:  commit,
	}
	cases := map[string]struct {
		source metadata.Source
		own    map[string]string
		want   map[string]string
	}{
		"nothing known makes no label": {want: map[string]string{}},
		"every field, created in UTC and whole seconds": {
			source: full,
			want: map[string]string{
				prefix + "title":    "hello",
				prefix + "url":      "https://github.com/octo/hello",
				prefix + "source":   "https://github.com/octo/hello.git",
				prefix + "version":  "1.2.3",
				prefix + "revision": "0123456789abcdef",
				prefix + "created":  "2024-05-05T23:02:03Z",
			},
		},
		"a zero field makes no label": {
			source: metadata.Source{Version: "latest"},
			want:   map[string]string{prefix + "version": "latest"},
		},
		"the first second of Unix time is a time": {
			source: metadata.Source{Created: time.Unix(0, 0)},
			want:   map[string]string{prefix + "created": "1970-01-01T00:00:00Z"},
		},
		"own labels are added": {
			source: metadata.Source{Title: "hello"},
			own:    map[string]string{"runnumber": "42"},
			want:   map[string]string{prefix + "title": "hello", "runnumber": "42"},
		},
		"own labels win": {
			source: metadata.Source{Title: "hello", Version: "1.2.3"},
			own:    map[string]string{prefix + "title": "My Program"},
			want:   map[string]string{prefix + "title": "My Program", prefix + "version": "1.2.3"},
		},
		"an own label may be empty": {
			source: metadata.Source{Title: "hello"},
			own:    map[string]string{prefix + "title": ""},
			want:   map[string]string{prefix + "title": ""},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			own := maps.Clone(c.own)
			got := metadata.Labels(c.source, own)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Labels(%+v, %v), -want +got:\n%s", c.source, c.own, diff)
			}
			got["added"] = "afterwards"
			if diff := cmp.Diff(c.own, own); diff != "" {
				t.Errorf("Labels(%+v, %v) changed the caller's labels, -before +after:\n%s", c.source, c.own, diff)
			}
		})
	}
}
