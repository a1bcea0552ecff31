package metadata_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/metadata"
)

var textFacts = metadata.Facts{
	Event: "push", Ref: "refs/heads/feature/X", SHA: "34c5c7793cb3b279e22454cb6750c80560547b3a",
	CommitTime: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), Now: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
}

// Expressions that a value has are filled, and every other pair of braces is a part of it.
func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{version}}":                      "1.2.3",
		"v{{ version }}-{{sha}}":           "v1.2.3-34c5c77",
		"{{branch}}":                       "feature/X",
		"<{{tag}}>":                        "<>",
		"{{date 'YYYY'}}":                  "2025",
		"{{commit_date 'YYYY-MM-DD'}}":     "2024-05-06",
		"{{date 'HH' tz='Europe/Berlin'}}": "04",
		`{"a":{"v":"{{version}}"}}`:        `{"a":{"v":"1.2.3"}}`,
		"{{{version}}}":                    "{1.2.3}",
		`\{{version}} {{version}}`:         "{{version}} 1.2.3",
		`{{ .Version }} {{version}}`:       "{{ .Version }} 1.2.3",
		`\{{ .Version }} {{version}}`:      `\{{ .Version }} 1.2.3`,
		"{{version | upper}} {{sha}}":      "{{version | upper}} 34c5c77",
		"{{versions}} {{sha}}":             "{{versions}} 34c5c77",
		"{{major}} {{base_ref}} {{sha}}":   "{{major}} {{base_ref}} 34c5c77",
		"{{date}} {{date x}} {{sha}}":      "{{date}} {{date x}} 34c5c77",
		"{{version {{sha}}":                "{{version 34c5c77",
		"{{sha}}{{":                        "34c5c77{{",
	} {
		parsed, err := metadata.ParseText("build-args", metadata.Line{Text: text})
		if err != nil || parsed == nil {
			t.Errorf("ParseText(%q) = %v, %v, want one with expressions", text, parsed, err)
			continue
		}
		if got := parsed.Expand(textFacts, "1.2.3"); got != want {
			t.Errorf("%q expands to %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "a", "{{", "{{ .Version }}", "{{#if x}}", "{ {version} }", "${version}", "{{major}}", `{{ date }}`, "{{version", "{{version }", `\{{x}}`} {
		if parsed, err := metadata.ParseText("build-args", metadata.Line{Text: text}); err != nil || parsed != nil {
			t.Errorf("ParseText(%q) = %v, %v, want none: it is as it is", text, parsed, err)
		}
	}
	for text, says := range map[string]string{"{{date 'YYYY' tz='Nowhere'}}": "Nowhere", "{{commit_date 'YYYY}}": "never closed"} {
		if _, err := metadata.ParseText("build-args", metadata.Line{Text: text}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("ParseText(%q) = %v, want %q", text, err, says)
		}
	}
}

// A ref's name may be any bytes, and BuildKit takes texts alone.
func TestTextIsUTF8(t *testing.T) {
	t.Parallel()
	f := textFacts
	f.Ref = "refs/heads/a\xffb"
	parsed, err := metadata.ParseText("build-args", metadata.Line{Text: "{{branch}}"})
	if got := parsed.Expand(f, ""); err != nil || got != "a\uFFFDb" {
		t.Errorf("Expand = %q, %v, want it in UTF-8", got, err)
	}
}

// What an expression stands for is legal where it stands in a reference.
func TestTextOfAReference(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	cases := []struct {
		text, branch, version string
		want                  string // empty: an expression is
	}{
		{"ghcr.io/o/app:cache-{{branch}}", "feature/X", "", "ghcr.io/o/app:cache-feature-X"},
		{"ghcr.io/o/app:{{branch}}", "-a@b:c", "", "ghcr.io/o/app:a-b-c"},
		{"ghcr.io/o/app/{{branch}}:cache", "Feature/_X.", "", "ghcr.io/o/app/feature-x:cache"},
		{"ghcr.io/o/app-{{branch}}", "localhost:5000/x", "", "ghcr.io/o/app-localhost-5000-x"},
		{"localhost:5000/o/{{branch}}:c", "a b", "", "localhost:5000/o/a-b:c"},
		{"ghcr.io/o/app:{{version}}-c", "b", "1.0+x", "ghcr.io/o/app:1.0-x-c"},
		{"ghcr.io/o/app:{{tag}}", "b", "", ""},
		{"ghcr.io/o/app:c-{{tag}}", "b", "", ""},
		{"ghcr.io/o/{{branch}}:c", "__", "", ""},
		{"ghcr.io/o/app:{{branch}}", "//", "", ""},
	}
	for _, c := range cases {
		f := textFacts
		f.Ref = "refs/heads/" + c.branch
		text, err := metadata.ParseText("cache-to", metadata.Line{Text: c.text})
		if err != nil || text == nil {
			t.Fatalf("ParseText(%q) = %v, %v", c.text, text, err)
		}
		got, whole := text.Reference(f, c.version)
		if whole != (c.want != "") || whole && got != c.want {
			t.Errorf("%q is %q, %v on %q, want %q", c.text, got, whole, c.branch, c.want)
		}
	}
	f := textFacts
	f.Ref = "refs/heads/" + long
	text, _ := metadata.ParseText("cache-to", metadata.Line{Text: "ghcr.io/o/app:c-{{branch}}"})
	if got, whole := text.Reference(f, ""); !whole || len(got) != len("ghcr.io/o/app:")+metadata.MaxTag {
		t.Errorf("a long branch gives %q, %v, want a tag as long as it may be", got, whole)
	}
	for written, want := range map[string]bool{
		"{{branch}}/app:c": false, "{{branch}}.example.com/app:c": false, "{{branch}}": false, "app-{{branch}}:c": false, "host-{{sha}}:5000/app:c": false,
		"o/{{branch}}:c": true, "app:{{branch}}": true, "localhost:5000/{{branch}}": true,
	} {
		text, _ := metadata.ParseText("cache-to", metadata.Line{Text: written})
		if _, inside := text.Sample(); inside != want {
			t.Errorf("Sample of %q = %v, want %v: its first part is written out or not", written, inside, want)
		}
	}
}
