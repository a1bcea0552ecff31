package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestWarnings says of each kind of tag what becomes of it.
func TestWarnings(t *testing.T) {
	t.Parallel()
	versions, commits, head := errors.New("no tags"), errors.New("no commits"), errors.New("no head")
	const both = "type=semver,pattern={{major}},value=1.2.3 ; type=ref,event=branch"
	all := plan.Unlearnt{Versions: versions, Commits: commits, Head: head}
	none, some := metadata.Known{}, metadata.Known{Git: []string{}}
	cases := map[string]struct {
		rules    string
		known    metadata.Known
		u        plan.Unlearnt
		floating metadata.Policy
		want     string // of which each says one
	}{
		"all is known":              {both, some, plan.Unlearnt{}, metadata.Forward, ""},
		"no versions":               {both, none, plan.Unlearnt{Versions: versions}, metadata.Forward, "no tags"},
		"versions of one kind":      {both, some, plan.Unlearnt{Versions: versions}, metadata.Forward, ""},
		"no commit beside versions": {both, some, plan.Unlearnt{Commits: commits}, metadata.Forward, "no commits"},
		"neither":                   {both, none, plan.Unlearnt{Versions: versions, Commits: commits}, metadata.Forward, "no tags|no commits"},
		"of a branch alone":         {"type=edge", none, plan.Unlearnt{Commits: commits}, metadata.Forward, "no commits"},
		"nothing":                   {both, none, all, metadata.Forward, "no tags|no commits|no head"},
		"nothing that follows":      {"x", none, plan.Unlearnt{}, metadata.Forward, ""},
		"as before":                 {both, none, plan.Unlearnt{}, metadata.Compat, ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := pushOf("refs/heads/main")
			f.Project.DefaultBranch = "main"
			p, err := plan.New(inputs.Inputs{Tags: rules(t, strings.Split(c.rules, " ; ")...), Floating: c.floating}, f)
			if err != nil {
				t.Fatal(err)
			}
			warnings := p.Warnings(f, c.known, c.u)
			var got []string
			for _, warning := range warnings {
				_, why, _ := strings.Cut(warning, "\n")
				got = append(got, why)
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("Doubts = %q, want %q", warnings, c.want)
			}
			f.Actions = false
			if warnings := p.Warnings(f, metadata.Known{Git: []string{}}, c.u); len(warnings) > 0 {
				t.Errorf("outside Actions Doubts = %q, want none of commits", warnings)
			}
		})
	}
}

// TestTip is the ref whose head decides whether a tag was set back on purpose.
func TestTip(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]plan.Facts{
		"refs/heads/release/1": pushOf("refs/heads/release/1"),
		"":                     pushOf("refs/tags/v1.2.3"),
		"refs/pull/12/head":    targetFrom("octo/hello-world", headSHA),
		"refs/heads/feature/x": holding(after("octo/hello-world", "feature/x"), headSHA),
	} {
		if got := f.Tip(); got != want {
			t.Errorf("Tip() = %q, want %q", got, want)
		}
	}
	if got := pullFrom("octo/hello-world").Tip(); got != "refs/pull/12/head" {
		t.Errorf("Tip() of a pull request = %q", got)
	}
}

// TestSetBack moves a branch's tag to an older commit only where the branch has
// it, whatever the tag is called.
func TestSetBack(t *testing.T) {
	t.Parallel()
	for rule, tag := range map[string]string{
		"type=ref,event=branch":          "ghcr.io/octo/hello-world:main",
		"b-{{branch}}":                   "ghcr.io/octo/hello-world:b-main",
		"ghcr.io/octo/other:{{branch}}":  "ghcr.io/octo/other:main",
		"quay.io/octo/other:x{{branch}}": "quay.io/octo/other:xmain",
	} {
		p, err := plan.New(inputs.Inputs{Tags: rules(t, rule)}, pushOf("refs/heads/main"))
		if err != nil {
			t.Fatal(err)
		}
		_, branches := p.Publish.Follows()
		if diff := cmp.Diff([]string{tag}, names(branches)); diff != "" {
			t.Fatalf("%s: Follows, -want +got:\n%s", rule, diff)
		}
		if p.Publish.GoesBack(metadata.Known{}) {
			t.Errorf("%s: GoesBack, although no newer commit is known", rule)
		}
		known := metadata.Known{Contains: map[string]string{p.Publish.Named(branches[0]): headSHA}}
		if _, unmoved := p.Publish.Moving(known); len(unmoved) != 1 || !p.Publish.GoesBack(known) {
			t.Errorf("%s: %v stay, want the tag", rule, unmoved)
		}
		known.SetBack = true
		if moving, unmoved := p.Publish.Moving(known); len(unmoved) > 0 || len(moving.Tags) != 1 {
			t.Errorf("%s: %v stay, want none after the branch was set back", rule, unmoved)
		}
	}
}

// TestContestedTags are asked about in every repository.
func TestContestedTags(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Images: []string{"a", "b"}, Tags: rules(t, "type=semver,pattern={{version}}", "type=semver,pattern={{major}}")}
	p, err := plan.New(in, pushOf("refs/tags/v1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Publish.Contested(metadata.Known{Git: []string{"v2.0.0"}}); len(got) > 0 {
		t.Errorf("Contested = %v, want none", got)
	}
	known := metadata.Known{Published: []string{"2024.5.1"}}
	if diff := cmp.Diff([]string{"ghcr.io/octo/a:latest", "ghcr.io/octo/b:latest"}, names(p.Publish.Contested(known))); diff != "" {
		t.Errorf("Contested, -want +got:\n%s", diff)
	}
	known.Contains, known.Versions = map[string]string{"latest": headSHA}, map[string]string{"latest": "2024.5.1"}
	if _, unmoved := p.Publish.Moving(known); len(unmoved) != 2 || p.Publish.GoesBack(known) {
		t.Errorf("%v stay, want latest of both, and no branch goes back", unmoved)
	}
}

// A release that is flagged as a pre-release publishes its version alone.
func TestFlaggedPrerelease(t *testing.T) {
	t.Parallel()
	f := pushOf("refs/tags/v1.2.3")
	f.Event, f.Prerelease = "release", true
	for policy, want := range map[metadata.Policy][]string{
		metadata.Forward: {"ghcr.io/octo/hello-world:1.2.3"},
		metadata.Compat:  {"ghcr.io/octo/hello-world:1.2.3", "ghcr.io/octo/hello-world:1", "ghcr.io/octo/hello-world:latest"},
	} {
		p, err := plan.New(inputs.Inputs{Tags: rules(t, "type=semver,pattern={{version}}", "type=semver,pattern={{major}}"), Floating: policy}, f)
		if err != nil {
			t.Fatal(err)
		}
		moving, _ := p.Publish.Moving(metadata.Known{Git: []string{"v1.2.3"}})
		if diff := cmp.Diff(want, names(moving.Tags)); diff != "" {
			t.Errorf("policy %v, -want +got:\n%s", policy, diff)
		}
	}
}

// A git tag that a rule about versions does not fit is noticed where other rules
// made a tag, and refused where none did.
func TestUnfitGitTag(t *testing.T) {
	t.Parallel()
	const rule = "type=semver,pattern={{version}}"
	p, err := plan.New(inputs.Inputs{Tags: rules(t, rule, "latest")}, pushOf("refs/tags/v1.16"))
	if err != nil || len(p.Notices) != 1 || !strings.Contains(p.Notices[0], rule) || !strings.Contains(p.Notices[0], `"v1.16" is no semantic version`) {
		t.Errorf("New = notices %q, %v, want one that names rule and reason", p.Notices, err)
	}
	_, err = plan.New(inputs.Inputs{Tags: rules(t, rule)}, pushOf("refs/tags/v1.16"))
	wantRefusal(t, err, "no rule made a tag", `"v1.16" is no semantic version`)
	p, err = plan.New(inputs.Inputs{Tags: rules(t, rule, "latest")}, pushOf("refs/heads/main"))
	if err != nil || len(p.Notices) > 0 {
		t.Errorf("of a branch New = notices %q, %v, want none", p.Notices, err)
	}
}
