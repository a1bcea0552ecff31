package metadata_test

import (
	"maps"
	"strings"
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
		"of the repository": {
			source: metadata.Source{Description: "A \"first\",\r\n\nthing = it", Licenses: "MIT OR Apache-2.0"},
			want:   map[string]string{prefix + "description": "A \"first\", thing = it", prefix + "licenses": "MIT OR Apache-2.0"},
		},
		"a description over 512 characters is cut": {
			source: metadata.Source{Description: strings.Repeat("日", 513)},
			want:   map[string]string{prefix + "description": strings.Repeat("日", 512)},
		},
		"one of 512 is not": {
			source: metadata.Source{Description: strings.Repeat("日", 512)},
			want:   map[string]string{prefix + "description": strings.Repeat("日", 512)},
		},
		"licenses over 256 characters are cut": {
			source: metadata.Source{Licenses: strings.Repeat("L", 257)},
			want:   map[string]string{prefix + "licenses": strings.Repeat("L", 256)},
		},
		"the user's own as well": {
			own:  map[string]string{prefix + "description": "one\ntwo" + strings.Repeat("x", 600)},
			want: map[string]string{prefix + "description": "one two" + strings.Repeat("x", 505)},
		},
		"other labels arrive as they are": {
			own:  map[string]string{"text": "a,b \"c\"\n\td=e " + strings.Repeat("x", 600)},
			want: map[string]string{"text": "a,b \"c\"\n\td=e " + strings.Repeat("x", 600)},
		},
		"what is not UTF-8": {
			source: metadata.Source{Title: "a\xffb"},
			want:   map[string]string{prefix + "title": "a\uFFFDb"},
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

func TestShortened(t *testing.T) {
	t.Parallel()
	const prefix = "org.opencontainers.image."
	got := metadata.Shortened(map[string]string{
		prefix + "licenses":    strings.Repeat("L", 257),
		prefix + "description": "a\nb",
		prefix + "title":       strings.Repeat("t", 1000),
		"other":                "a\nb",
	})
	want := []string{
		prefix + "description has 3 characters; GitHub shows one line of at most 512, which is what is kept",
		prefix + "licenses has 257 characters; GitHub shows one line of at most 256, which is what is kept",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Shortened, -want +got:\n%s", diff)
	}
}
