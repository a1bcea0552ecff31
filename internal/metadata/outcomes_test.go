package metadata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/metadata"
)

// Every rule says which tag it made, or why it made none.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ run, rules, flavor, want string }{
		"schedule":             {"push main", "type=schedule", "", "- the event is push and not schedule"},
		"no git tag":           {"push main", "type=semver,pattern={{version}}", "", `- the ref is "refs/heads/main" and no git tag, and the rule has no value`},
		"no version":           {"tag v1.2", "type=semver,pattern={{version}}", "", `- "v1.2" is no semantic version (https://semver.org)`},
		"no Python version":    {"tag x", "type=pep440,pattern={{version}}", "", `- "x" is no version by PEP 440 (https://peps.python.org/pep-0440)`},
		"no match":             {"tag x", "type=match,pattern=v(.*)", "", `- the pattern v(.*) does not match "x"`},
		"no group":             {"tag v1", "type=match,pattern=v(.*),group=2", "", "- the pattern v(.*) has no group 2"},
		"an empty group":       {"tag v1", "type=match,pattern=v(x)?,group=1", "", `- group 1 of the pattern v(x)? matches nothing in "v1"`},
		"no branch":            {"tag v1", "type=edge", "", `- the ref is "refs/tags/v1" and no branch`},
		"another branch":       {"push dev", "type=edge", "", `- the branch is "dev" and not "main"`},
		"ref, no branch":       {"tag v1", "type=ref,event=branch", "", `- the ref is "refs/tags/v1" and no branch`},
		"ref, no tag":          {"push main", "type=ref,event=tag", "", `- the ref is "refs/heads/main" and no git tag`},
		"ref, no pull request": {"push main", "type=ref,event=pr", "", `- the ref is "refs/heads/main" and no pull request`},
		"disabled":             {"push main", "foo,enable={{is_not_default_branch}}", "", "- enable is false"},
		"empty":                {"push main", "type=raw,value={{tag}}", "", "- it is empty for this run"},
		"nothing left":         {"push 日本", "type=ref,event=branch", "", `- "日本" has no letter or digit that a tag may hold`},
		"changed":              {"push feature/x", "type=ref,event=branch", "", `feature-x made of "feature/x"`},
		"as it is":             {"push main", "type=ref,event=branch", "", "main"},
		"cut":                  {"push long", "x,priority=700 ; type=ref,event=branch", "", "x / " + strings.Repeat("a", 119) + "-c2a908d9 it was longer than 128 characters, cut, and ends in a hash"},
		"twice":                {"push main", "foo ; foo", "", "foo / foo another rule made it before"},
		"latest by auto":       {"tag v1.2.3", "type=semver,pattern={{raw}}", "", "v1.2.3 / latest flavor latest=auto, after the first tag"},
		"latest by the author": {"push main", "foo", "latest=true ; prefix=a b,onlatest=true", `a-bfoo made of "a bfoo" / a-blatest flavor latest=true; made of "a blatest"`},
		"latest once":          {"push main", "latest", "latest=true", "latest / latest another rule made it before"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, o := range apply(t, run(t, c.run), lines(strings.Split(c.rules, " ; ")...), lines(strings.Split(c.flavor, " ; ")...)).Outcomes {
				tag := o.Tag
				if tag == "" {
					tag = "-"
				}
				got = append(got, strings.TrimSpace(tag+" "+o.Why))
			}
			if strings.Join(got, " / ") != c.want {
				t.Errorf("%s with %q:\n got %s\nwant %s", c.run, c.rules, strings.Join(got, " / "), c.want)
			}
		})
	}
}

// Nothing is known of a run outside of GitHub.
func TestNamesWithoutFacts(t *testing.T) {
	t.Parallel()
	names := apply(t, metadata.Facts{}, lines("type=sha", "type=edge", "type=schedule", "x{{sha}}{{branch}}{{base_ref}}", "type=ref,event=pr"), nil)
	if diff := cmp.Diff([]string{"x"}, tagNames(names)); diff != "" {
		t.Errorf("tags, -want +got:\n%s", diff)
	}
	var got []string
	for _, o := range names.Outcomes {
		got = append(got, fmt.Sprintf("%d %s", o.Rule.Line.Number, o.Why))
	}
	want := []string{"3 the event is unknown and not schedule", `2 the ref is "" and no branch`, `5 the ref is "" and no pull request`, "4 ", "1 nobody said what the commit is"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes, -want +got:\n%s", diff)
	}
	branch := metadata.Facts{Ref: "refs/heads/main"}
	if names := apply(t, branch, lines("type=edge"), nil); names.Outcomes[0].Why != "the default branch is not known (neither the event nor GitHub's API names it)" {
		t.Errorf("edge without a default branch: %q", names.Outcomes[0].Why)
	}
}

// A list that makes no tag says of each rule why.
func TestEmpty(t *testing.T) {
	t.Parallel()
	names := apply(t, run(t, "pull 12"), []metadata.Line{{Text: "type=semver,pattern={{version}}", Number: 2}, {Text: "type=edge", Number: 4}}, lines("latest=true"))
	want := "no rule made a tag\n" +
		`line 2, type=semver,pattern={{version}}: the ref is "refs/pull/12/merge" and no git tag, and the rule has no value` + "\n" +
		`line 4, type=edge: the ref is "refs/pull/12/merge" and no branch`
	if err := names.Empty(); err == nil || err.Error() != want {
		t.Errorf("Empty() = %v, want:\n%s", err, want)
	}
	if names := apply(t, run(t, "pull 12"), lines("type=edge", "x"), nil); names.Empty() != nil {
		t.Errorf("Empty() = %v, want nil where there is a tag", names.Empty())
	}
}

// The tag of an empty list goes through the flavor, too.
func TestOneTag(t *testing.T) {
	t.Parallel()
	flavor, err := metadata.ParseFlavor(lines("suffix=-alpine"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := metadata.OneTag("feature-x", metadata.Branch).Names(flavor, run(t, "push feature/x"))
	if err != nil || len(names.Tags) != 1 || names.Tags[0].Name != "feature-x-alpine" || names.Tags[0].Kind != metadata.Branch || names.Version != "feature-x-alpine" {
		t.Errorf("OneTag(feature-x).Names = %+v, %v, want feature-x-alpine, which follows a branch", names, err)
	}
}

// What stands first in the list is the version, a bare tag before references.
func TestVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ rules, want string }{
		"the highest priority":   {"foo ; type=ref,event=branch", "main"},
		"a reference alone":      {"ghcr.io/o/n:x", "x"},
		"a reference before":     {"ghcr.io/o/n:x ; foo", "foo"},
		"two references":         {"ghcr.io/o/n:x ; ghcr.io/o/m:y", "x"},
		"a rule that makes none": {"type=raw,value=,priority=900 ; foo", "foo"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := apply(t, run(t, "push main"), lines(strings.Split(c.rules, " ; ")...), nil).Version; got != c.want {
				t.Errorf("the version of %q is %q, want %q", c.rules, got, c.want)
			}
		})
	}
}

// The commit that is named: the head of a pull request, the base of its target.
func TestRevision(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"push main": builtSHA, "tag v1": builtSHA, "pull 12": headSHA, "target 12": builtSHA} {
		if got := run(t, name).Revision(); got != want {
			t.Errorf("the revision of %s is %s, want %s", name, got, want)
		}
	}
}
