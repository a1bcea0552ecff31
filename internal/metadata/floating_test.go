package metadata_test

import (
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/metadata"
)

const versionRules = "type=semver,pattern={{version}} ; type=semver,pattern={{major}}.{{minor}} ; type=semver,pattern={{major}}"

// floatingCase says which of a run's tags stay where they are.
type floatingCase struct {
	run, rules, flavor string
	published, git     []string
	contains, versions map[string]string
	setBack            bool
	stay, why          string
}

func TestFloatingTags(t *testing.T) {
	t.Parallel()
	some := func(tags string) []string { return append([]string{}, strings.Fields(tags)...) }
	cases := map[string]floatingCase{
		"the first version":                   {run: "tag v1.0.0", rules: versionRules, published: some(""), git: some("v1.0.0")},
		"the newest version":                  {run: "tag v1.2.4", rules: versionRules, git: some("v1.2.3 v1.2.4 v0.9.0")},
		"the same again":                      {run: "tag v1.2.3", rules: versionRules, published: some("1.2.3 1.2 1 latest"), git: some("v1.2.3")},
		"a back-port to an old major":         {run: "tag v1.9.4", rules: versionRules, git: some("v1.9.3 v1.9.4 v2.0.0"), stay: "latest", why: "2.0.0 is newer than 1.9.4"},
		"the registry says so alone":          {run: "tag v1.9.4", rules: versionRules, published: some("1.9.3 2.0.0 latest"), stay: "latest", why: "2.0.0 is newer"},
		"both say so":                         {run: "tag v1.9.4", rules: versionRules, published: some("2.0.0"), git: some("v2.1.0"), stay: "latest", why: "2.1.0 is newer"},
		"an older patch":                      {run: "tag v1.2.3", rules: versionRules, git: some("v1.2.4"), stay: "1.2 1 latest", why: "1.2.4 is newer than 1.2.3"},
		"an older minor":                      {run: "tag v1.2.9", rules: versionRules, git: some("v1.3.0"), stay: "1 latest", why: "1.3.0 is newer than 1.2.9"},
		"numbers and not letters":             {run: "tag v1.10.0", rules: versionRules, git: some("v1.9.9")},
		"pre-releases hold nothing up":        {run: "tag v1.2.3", rules: versionRules, git: some("v2.0.0-rc.1 v1.2.4-beta")},
		"a pre-release has no floating tags":  {run: "tag v2.0.0-rc.1", rules: versionRules, git: some("v3.0.0")},
		"other tags hold nothing up":          {run: "tag v1.2.3", rules: versionRules, published: some("latest main sha-abc 20240501 1.3 2 v9"), git: some("nightly release/9.9.9")},
		"nobody knows":                        {run: "tag v1.2.3", rules: versionRules},
		"a v in the pattern":                  {run: "tag v1.2.3", rules: "type=semver,pattern=v{{major}}", git: some("v1.3.0 v2.0.0"), stay: "v1 latest", why: "newer than 1.2.3"},
		"a pattern without an expression":     {run: "tag v1.2.3", rules: "type=semver,pattern=stable", git: some("v2.0.0"), stay: "stable latest", why: "2.0.0 is newer"},
		"all three numbers are one version":   {run: "tag v1.2.3", rules: "type=semver,pattern={{major}}.{{minor}}.{{patch}}", git: some("v2.0.0"), stay: "latest", why: "2.0.0"},
		"a suffix of the flavor":              {run: "tag v1.2.3", rules: versionRules, flavor: "suffix=-alpine,onlatest=true", published: some("1.2.4-alpine 2.0.0"), stay: "1.2-alpine 1-alpine latest-alpine", why: "1.2.4 is newer"},
		"another suffix":                      {run: "tag v1.2.3", rules: versionRules, flavor: "suffix=-alpine", published: some("1.2.4-bookworm 2.0.0")},
		"a prefix of the rule":                {run: "tag v1.2.3", rules: "type=semver,pattern={{major}},prefix=app/", published: some("app-1.4.0 2.0.0"), stay: "app-1 latest", why: "1.4.0 is newer"},
		"a part of the tag":                   {run: "tag p1/v1.2.3", rules: "type=semver,pattern={{major}},match=^p1/v(.*)$", git: some("p1/v1.2.2 p2/v1.9.0 v1.9.0")},
		"a newer part of the tag":             {run: "tag p1/v1.2.3", rules: "type=semver,pattern={{major}},match=^p1/v(.*)$", git: some("p1/v1.3.0"), stay: "1 latest", why: "1.3.0 is newer"},
		"a value":                             {run: "push main", rules: "type=semver,pattern={{major}},value=1.2.3", published: some("1.2.4"), stay: "1 latest", why: "1.2.4 is newer"},
		"PEP 440":                             {run: "tag 1.2.3", rules: "type=pep440,pattern={{version}} ; type=pep440,pattern={{major}}.{{minor}}", git: some("1.2.3.1 2.0rc1 1.2.4.dev1"), stay: "1.2 latest", why: "1.2.3.1 is newer"},
		"PEP 440 with an epoch":               {run: "tag 9.0", rules: "type=pep440,pattern={{version}}", git: some("1!1.0"), stay: "latest", why: "1!1.0 is newer than 9.0"},
		"PEP 440 after a post-release":        {run: "tag 1.2.3", rules: "type=pep440,pattern={{major}}", git: some("1.2.3.post1")},
		"PEP 440 and dates":                   {run: "tag 1.2.3", rules: "type=pep440,pattern={{major}}", published: some("20240501 42 1.2 1")},
		"PEP 440 of one number":               {run: "tag 41", rules: "type=pep440,pattern={{version}}", published: some("42"), stay: "latest", why: "42 is newer than 41"},
		"latest after a git tag":              {run: "tag v1.9.4", rules: "type=ref,event=tag", git: some("v2.0.0"), stay: "latest", why: "2.0.0 is newer than 1.9.4"},
		"latest after another git tag":        {run: "tag release-9", rules: "type=ref,event=tag", git: some("v2.0.0")},
		"latest after a git tag, a candidate": {run: "tag v2.0.0-rc.1", rules: "type=ref,event=tag", git: some("v1.9.4")},
		"latest after an old candidate":       {run: "tag v2.0.0-rc.1", rules: "type=ref,event=tag", git: some("v2.0.0"), stay: "latest", why: "2.0.0 is newer than 2.0.0-rc.1"},
		"latest after a match":                {run: "tag app-1.9.4", rules: `type=match,pattern=\d+\.\d+\.\d+`, published: some("2.0.0"), stay: "latest", why: "2.0.0 is newer"},
		"latest after a match of a part":      {run: "tag v1.9.4", rules: `type=match,pattern=\d+\.\d+`, git: some("v2.0.0"), stay: "latest", why: "2.0.0 is newer"},
		"latest=true is the author's will":    {run: "tag v1.9.4", rules: versionRules, flavor: "latest=true", git: some("v2.0.0")},
		"latest on a line is as well":         {run: "tag v1.9.4", rules: "latest", git: some("v2.0.0")},
		"a branch":                            {run: "push main", rules: "type=ref,event=branch ; type=edge", contains: map[string]string{"main": "abc"}, stay: "main", why: "commit abc, which contains this one"},
		"a branch, and another tag":           {run: "push main", rules: "type=ref,event=branch ; foo", contains: map[string]string{"foo": "abc"}},
		"edge":                                {run: "push main", rules: "type=edge", contains: map[string]string{"edge": "abc"}, stay: "edge", why: "abc"},
		"a tag of the branch's name":          {run: "push main", rules: "b-{{branch}}", contains: map[string]string{"b-main": "abc"}, stay: "b-main", why: "abc"},
		"latest of the default branch":        {run: "push main", rules: "type=raw,value=latest,enable={{is_default_branch}}", contains: map[string]string{"latest": "abc"}, stay: "latest", why: "abc"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

func (c floatingCase) check(t *testing.T) {
	t.Helper()
	names := apply(t, run(t, c.run), lines(strings.Split(c.rules, " ; ")...), lines(strings.Split(c.flavor, " ; ")...))
	known := metadata.Known{Published: c.published, Git: c.git, Contains: c.contains, Versions: c.versions, SetBack: c.setBack}
	var stay []string
	for i, m := range names.Moves(known, metadata.Forward) {
		if m.Tag.Name != names.Tags[i].Name {
			t.Fatalf("move %d is of %q, want the tags' order %q", i, m.Tag.Name, tagNames(names))
		}
		if m.Moves {
			continue
		}
		stay = append(stay, m.Tag.Name)
		if !strings.Contains(m.Reason, c.why) {
			t.Errorf("%s stays because %q, want %q", m.Tag.Name, m.Reason, c.why)
		}
	}
	if got := strings.Join(stay, " "); got != c.stay {
		t.Errorf("%s: of %q, %q stay, want %q", c.run, tagNames(names), got, c.stay)
	}
	for _, m := range names.Moves(known, metadata.Compat) {
		if !m.Moves {
			t.Errorf("%s stays with floating: compat, want all to move", m.Tag.Name)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ run, rules, want string }{
		"versions":          {"tag v1.2.3", versionRules, "1.2.3 version, 1.2 floating, 1 floating, latest floating"},
		"a pre-release":     {"tag v1.2.3-rc.1", versionRules, "1.2.3-rc.1 version"},
		"PEP 440":           {"tag 1.2.3.post1", "type=pep440,pattern={{major}}", "1.2.3.post1 version"},
		"a raw version":     {"tag v1.2.3", "type=semver,pattern=x{{raw}}", "xv1.2.3 version, latest floating"},
		"a git tag":         {"tag v1.2.3", "type=ref,event=tag", "v1.2.3 version, latest floating"},
		"a match":           {"tag v1.2.3", `type=match,pattern=\d+.* ; type=match,pattern=\d+\.\d+`, "1.2.3 version, 1.2 written, latest floating"},
		"a branch":          {"push main", "type=ref,event=branch ; type=edge ; type=sha ; foo", "edge branch, main branch, foo written, sha-4f2a9c1 version"},
		"a pull request":    {"pull 12", "type=ref,event=pr", "pr-12 branch"},
		"a schedule":        {"schedule main", "type=schedule", "nightly written"},
		"a reference":       {"push main", "ghcr.io/o/n:x ; ghcr.io/o/n:{{branch}}", "ghcr.io/o/n:x written, ghcr.io/o/n:main branch"},
		"a branch's latest": {"push main", "type=raw,value=latest,enable={{is_default_branch}}", "latest branch"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, tag := range apply(t, run(t, c.run), lines(strings.Split(c.rules, " ; ")...), nil).Tags {
				got = append(got, tag.Name+" "+tag.Kind.String())
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%s with %q has %q, want %q", c.run, c.rules, strings.Join(got, ", "), c.want)
			}
		})
	}
}
