package metadata_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/metadata"
)

// What stands in the workflow as a tag or a reference is taken as it is, or
// refused with its place: an empty variable never makes another tag of it.
func TestWrittenIsTakenOrRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rule, ref string
		character int
		says      string
	}{
		"no tag behind a colon":             {"ghcr.io/octo/app:", "", 18, `"ghcr.io/octo/app:" has no tag behind its colon: is a variable empty?`},
		"a local name without its tag":      {"app:", "", 5, "has no tag behind its colon"},
		"a port without a path":             {"localhost:", "", 11, "has no tag behind its colon"},
		"no image before a colon":           {":1.0", "", 1, "has no image before its colon"},
		"a colon alone":                     {":", "", 1, "has no image before its colon"},
		"a tag that begins with a hyphen":   {"ghcr.io/octo/app:-eb78f51", "", 18, `its tag "-eb78f51" begins with a dot or a hyphen: is a variable empty?`},
		"a tag that begins with a dot":      {"octo/app:.1", "", 10, `its tag ".1" begins with`},
		"build metadata":                    {"ghcr.io/octo/app:1.0+x", "", 18, `its tag "1.0+x" has a "+"`},
		"build metadata of a local name":    {"app:1.0+x", "", 5, `has a "+"`},
		"another alphabet":                  {"ghcr.io/octo/app:日本", "", 18, `has a "日"`},
		"too long a tag":                    {"octo/app:" + strings.Repeat("a", 129), "", 10, "its tag has 129 characters, of at most 128"},
		"a digest":                          {"octo/app@sha256:" + strings.Repeat("a", 64), "", 9, "an image is pushed to a tag"},
		"a tag and a digest":                {"octo/app:1@sha256:" + strings.Repeat("a", 64), "", 11, "an image is pushed to a tag"},
		"an @ alone":                        {"@", "", 1, "an image is pushed to a tag"},
		"a blank in a bare tag":             {"latest abc", "", 7, `"latest abc" has a blank in it`},
		"a tab in a bare tag":               {"latest\tabc", "", 7, "has a blank in it"},
		"a blank in a reference":            {"ghcr.io/octo/app:1 ghcr.io/octo/app:2", "", 19, "has a blank in it"},
		"a blank before a colon":            {"ghcr.io/octo/app :1", "", 17, "has a blank in it"},
		"a bare tag with an empty variable": {"-eb78f51", "", 1, `its tag "-eb78f51" begins with a dot or a hyphen: is a variable empty?`},
		"beside attributes":                 {"octo/app:,enable=true", "", 10, "has no tag behind its colon"},
		"an expression that is empty":       {"octo/app:{{tag}}-x", "", 10, `its tag "{{tag}}-x" begins with`},
		"beside an expression":              {"octo/app:{{sha}}+x", "", 10, `has a "+"`},
		"the name of the branch":            {"feature/x", "refs/heads/feature/x", 1, `"feature/x" is the name of this run's ref`},
		"the name of the pull request":      {"12/merge", "refs/pull/12/merge", 1, "is the name of this run's ref"},
		"a branch with an @":                {"dependabot/npm/@types/node", "refs/heads/dependabot/npm/@types/node", 1, "is the name of this run's ref"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			rules, err := metadata.ParseTags(lines(c.rule))
			if err != nil {
				t.Fatal(err)
			}
			f := run(t, "push main")
			if c.ref != "" {
				f.Ref = c.ref
			}
			names, err := rules.Names(metadata.Flavor{}, f)
			if len(names.Tags) > 0 {
				t.Errorf("%q makes the tags %q, want none", c.rule, tagNames(names))
			}
			wantMistake(t, err, c.character, c.says, "")
		})
	}
}

// What is legal is taken; expressions are made legal, rules are, and a line that
// is not enabled may hold what it wants.
func TestWrittenAndMadeLegal(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ rule, flavor, ref, want string }{
		"no colon is latest":                  {"ghcr.io/octo/app", "", "", "ghcr.io/octo/app:latest"},
		"no colon behind a port":              {"localhost:5000/app", "", "", "localhost:5000/app:latest"},
		"a local name":                        {"app:test", "", "", "app:test"},
		"a local name of two parts":           {"octo/app:test", "", "", "octo/app:test"},
		"one without a tag":                   {"octo/app", "", "", "octo/app:latest"},
		"an underscore, dots and hyphens":     {"octo/app:_a.b-c", "", "", "octo/app:_a.b-c"},
		"a branch in an expression":           {"octo/app:{{branch}}", "", "refs/heads/feature/x+y", "octo/app:feature-x-y"},
		"a branch that begins with a dot":     {"octo/app:{{branch}}", "", "refs/heads/.x", "octo/app:x"},
		"a text behind an expression":         {"octo/app:{{branch}}-x", "", "", "octo/app:main-x"},
		"a date with a colon and a blank":     {"{{date 'YYYY-MM-DD HH:mm'}}", "", "", "2024-12-30-04-05"},
		"a branch in a bare tag":              {"{{branch}}", "", "refs/heads/feature/x", "feature-x"},
		"an expression that is empty":         {"octo/app:{{tag}}", "", "", ""},
		"a bare tag behind a flavor's prefix": {"-x", "prefix=v", "", "v-x"},
		"a bare tag, as raw":                  {"1.0+x", "", "", "1.0-x"},
		"raw":                                 {"type=raw,value=1.0+x", "", "", "1.0-x"},
		"raw with a colon":                    {"type=raw,value=app:test", "", "", "app-test"},
		"raw with a blank":                    {"type=raw,value=latest abc", "", "", "latest-abc"},
		"raw with an empty variable":          {"type=raw,value=-eb78f51", "", "", "eb78f51"},
		"value= without a type":               {"value=a+b", "", "", "a-b"},
		"a prefix":                            {"x,prefix=a/", "", "", "a-x"},
		"not enabled":                         {"octo/app:,enable=false", "", "", ""},
		"not enabled by an expression":        {"latest abc,enable={{is_not_default_branch}}", "", "", ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := run(t, "push main")
			if c.ref != "" {
				f.Ref = c.ref
			}
			var flavor []metadata.Line
			if c.flavor != "" {
				flavor = lines(c.flavor)
			}
			names := apply(t, f, lines(c.rule), flavor)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if diff := cmp.Diff(want, tagNames(names)); diff != "" {
				t.Errorf("%q makes, -want +got:\n%s", c.rule, diff)
			}
		})
	}
}

// A reference that a flavor would have prefixed begins with a mark all the same.
func TestFlavorHidesNoMark(t *testing.T) {
	t.Parallel()
	rules, err := metadata.ParseTags(lines("octo/app:-x"))
	if err != nil {
		t.Fatal(err)
	}
	flavor, err := metadata.ParseFlavor(lines("prefix=v"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = rules.Names(flavor, run(t, "push main"))
	wantMistake(t, err, 10, `its tag "-x" begins with`, "type=raw")
}
