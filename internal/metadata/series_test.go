package metadata_test

import (
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/metadata"
)

func tags(texts string) []string { return append([]string{}, strings.Fields(texts)...) }

// Versions count against a tag only if they are of the series of the run's own.
func TestSeries(t *testing.T) {
	t.Parallel()
	const (
		minor  = "type=semver,pattern={{major}}.{{minor}}"
		worker = minor + ",match=v(.*)$"
		pep    = "type=pep440,pattern={{version}} ; type=pep440,pattern={{major}}"
	)
	newer := map[string]string{"latest": builtSHA}
	cases := map[string]floatingCase{
		"another component":                   {run: "tag worker/v0.1.0", rules: worker, git: tags("api/v3.0.0 worker/v0.1.0 v5.0.0 workers/v6.0.0 worker/v7.0.0/x")},
		"a newer one of the component":        {run: "tag worker/v0.1.0", rules: worker, git: tags("api/v3.0.0 worker/v0.1.9"), stay: "0.1 latest", why: "0.1.9 is newer"},
		"with and without a v":                {run: "tag worker/v0.1.0", rules: minor + `,match=(\d+\.\d+\.\d+)$`, git: tags("worker/0.2.0"), stay: "latest", why: "0.2.0 is newer"},
		"the v is a part of the match":        {run: "tag worker/0.1.0", rules: minor + `,match=(v?\d+\.\d+\.\d+)$`, git: tags("worker/v0.2.0 api/v0.3.0"), stay: "latest", why: "0.2.0 is newer"},
		"another text behind":                 {run: "tag v1.2.3/alpine", rules: minor + `,match=\d+\.\d+\.\d+`, git: tags("v2.0.0/debian v2.1.0")},
		"the same text behind":                {run: "tag v1.2.3/alpine", rules: minor + `,match=\d+\.\d+\.\d+`, git: tags("v2.0.0/alpine"), stay: "latest", why: "2.0.0 is newer"},
		"letters of several bytes before":     {run: "tag größe/v0.1.0", rules: worker, git: tags("länge/v3.0.0 größe/v0.2.0"), stay: "latest", why: "0.2.0 is newer"},
		"a match that only the other has":     {run: "tag v1.2.3", rules: minor + ",match=^app/v(.*)$", git: tags("app/v2.0.0")},
		"a match that neither has":            {run: "tag v1.2.3", rules: minor + ",match=^app/v(.*)$", git: tags("v2.0.0"), stay: "latest", why: "2.0.0 is newer"},
		"a match by type=match":               {run: "tag worker/v0.1.0", rules: "type=match,pattern=v(.*)$,group=1", git: tags("api/v3.0.0 v4.0.0")},
		"a newer one by type=match":           {run: "tag worker/v0.1.0", rules: "type=match,pattern=v(.*)$,group=1", git: tags("worker/v0.2.0"), stay: "latest", why: "0.2.0 is newer"},
		"by all matches of type=match":        {run: "tag app-1.0.0-0.1.0", rules: `type=match,pattern=/\d+\.\d+\.\d+/g,group=1`, git: tags("app-1.0.0-0.2.0 app-2.0.0-0.3.0"), stay: "latest", why: "0.2.0 is newer"},
		"a value beside git tags":             {run: "tag v1.0.0", rules: minor + ",value=8.3.1", git: tags("v12.0.0 v8.4.0")},
		"a value beside the registry's":       {run: "push main", rules: minor + ",value=8.3.1", git: tags("v12.0.0"), published: tags("8.4.0"), stay: "latest", why: "8.4.0 is newer"},
		"a matched value beside git tags":     {run: "push main", rules: "type=match,pattern=.*,value=8.3.1", git: tags("v12.0.0")},
		"a part of a value beside git tags":   {run: "push main", rules: `type=match,pattern=\d+\.\d+,value=8.3.1`, git: tags("v12.0.0")},
		"a part of a value, the registry's":   {run: "push main", rules: `type=match,pattern=\d+\.\d+,value=8.3.1`, published: tags("8.4.0"), stay: "latest", why: "8.4.0 is newer"},
		"the calendar's git tags":             {run: "tag v1.2.3", rules: versionRules, git: tags("v2024.5.1 v1990.0.0 v2100.1.0")},
		"the calendar's in the registry":      {run: "tag v1.2.3", rules: versionRules, published: tags("2024.5.1 latest")},
		"no year":                             {run: "tag v1.2.3", rules: versionRules, git: tags("v1989.0.0"), stay: "latest", why: "1989.0.0 is newer"},
		"no year either":                      {run: "tag v1.2.3", rules: versionRules, published: tags("2101.0.0"), stay: "latest", why: "2101.0.0 is newer"},
		"years among themselves":              {run: "tag v2024.5.1", rules: minor, git: tags("v2024.6.0 v3000.0.0"), stay: "latest", why: "2024.6.0 is newer"},
		"years by PEP 440":                    {run: "tag 2.1", rules: pep, git: tags("2024.5 2024.05.1"), published: tags("2024.5")},
		"an epoch is no year":                 {run: "tag 2.1", rules: pep, git: tags("2024!3.0"), stay: "latest", why: "2024!3.0 is newer"},
		"years after a git tag":               {run: "tag v1.2.3", rules: "type=ref,event=tag", git: tags("v2024.5.1")},
		"latest of a later year's image":      {run: "tag v1.2.3", rules: versionRules, git: tags("v2024.5.1"), contains: newer, versions: map[string]string{"latest": "2024.5.1"}, stay: "latest", why: "it has 2024.5.1, which cannot be compared with 1.2.3"},
		"latest of a later zero-padded one":   {run: "tag v1.2.3", rules: versionRules, published: tags("2024.05.1"), contains: newer, versions: map[string]string{"latest": "2024.05.1"}, stay: "latest", why: "it has 2024.05.1"},
		"latest of a later semantic image":    {run: "tag v2024.5.1", rules: minor, git: tags("v1.2.3"), contains: newer, versions: map[string]string{"latest": "1.2.3"}, stay: "latest", why: "it has 1.2.3"},
		"latest of an earlier year's image":   {run: "tag v1.2.3", rules: versionRules, git: tags("v2024.5.1"), versions: map[string]string{"latest": "2024.5.1"}},
		"latest of a later commit, same kind": {run: "tag v1.2.3", rules: versionRules, git: tags("v2024.5.1"), contains: newer, versions: map[string]string{"latest": "1.2.2"}},
		"latest of a later branch":            {run: "tag v1.2.3", rules: versionRules, git: tags("v2024.5.1"), contains: newer, versions: map[string]string{"latest": "main"}},
		"its suffix does not count":           {run: "tag v1.2.3", rules: versionRules, flavor: "suffix=-alpine", published: tags("2024.5.1-alpine"), contains: newer, versions: map[string]string{"latest": "2024.5.1-alpine"}, stay: "latest", why: "it has 2024.5.1"},
		"a pre-release of GitHub's":           {run: "prerelease v1.2.3", rules: versionRules, git: tags("v1.2.2"), stay: "1.2 1 latest", why: "flagged as a pre-release"},
		"nobody knows of a pre-release":       {run: "prerelease v1.2.3", rules: versionRules, stay: "1.2 1 latest", why: "flagged as a pre-release"},
		"a pre-release with its git tag":      {run: "prerelease nightly", rules: "type=ref,event=tag", stay: "latest", why: "flagged as a pre-release"},
		"a pre-release with latest=true":      {run: "prerelease v1.2.3", rules: versionRules, flavor: "latest=true", stay: "1.2 1", why: "flagged as a pre-release"},
		"a pre-release with latest on a line": {run: "prerelease v1.2.3", rules: "type=semver,pattern={{major}} ; latest", flavor: "latest=false", stay: "1", why: "flagged as a pre-release"},
		"a release":                           {run: "release v1.2.3", rules: versionRules},
		"a branch that was set back":          {run: "push main", rules: "type=ref,event=branch ; type=edge", contains: map[string]string{"main": headSHA, "edge": headSHA}, setBack: true},
		"a version is not set back":           {run: "tag v1.2.3", rules: versionRules, git: tags("v2024.5.1"), contains: newer, versions: map[string]string{"latest": "2024.5.1"}, setBack: true, stay: "latest"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

// Only tags that versions of two series may have are asked about.
func TestContested(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ run, rules, flavor, git, published, want string }{
		"one series":               {"tag v1.2.3", versionRules, "", "v1.2.2 v2.0.0", "1.2.2 latest main 20240501 2024", ""},
		"years in git":             {"tag v1.2.3", versionRules, "", "v2024.5.1", "", "latest"},
		"years in the registry":    {"tag v1.2.3", versionRules, "", "", "2024.05.1", "latest"},
		"versions beside years":    {"tag v2024.5.1", versionRules, "", "", "1.2.3", "latest"},
		"a name for all":           {"tag v1.2.3", "type=semver,pattern=stable", "", "v2024.5.1", "", "stable latest"},
		"latest by the author":     {"tag v1.2.3", versionRules, "latest=true", "v2024.5.1", "", ""},
		"a pre-release of GitHub":  {"prerelease v1.2.3", versionRules, "", "v2024.5.1", "", ""},
		"another suffix's version": {"tag v1.2.3", versionRules, "suffix=-a,onlatest=true", "", "2024.5.1-a", "latest-a"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			names := apply(t, run(t, c.run), lines(strings.Split(c.rules, " ; ")...), lines(c.flavor))
			var got []string
			for _, tag := range names.Contested(metadata.Known{Git: tags(c.git), Published: tags(c.published)}) {
				got = append(got, tag.Name)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("Contested = %q, want %q", got, c.want)
			}
		})
	}
}

// A git tag that a rule is about and that does not fit it is told, once for each
// reason; that a run is not what a rule is about, is not.
func TestUnfit(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ run, rules, want string }{
		"two numbers":          {"tag v1.16", "type=semver,pattern={{version}} ; type=semver,pattern={{major}} ; latest", `"v1.16" is no semantic version (https://semver.org), so that these rules in tags make no tag: / line 1, type=semver,pattern={{version}} / line 2, type=semver,pattern={{major}}`},
		"beside one that does": {"tag 1.16", "type=semver,pattern={{version}} ; type=pep440,pattern={{version}}", `"1.16" is no semantic version (https://semver.org), so that these rules in tags make no tag: / line 1, type=semver,pattern={{version}}`},
		"by PEP 440":           {"tag x/y", "type=pep440,pattern={{version}} ; x", `"x/y" is no version by PEP 440 (https://peps.python.org/pep-0440), so that these rules in tags make no tag: / line 1, type=pep440,pattern={{version}}`},
		"no match":             {"tag v1", "type=match,pattern=^app ; x", `the pattern ^app does not match "v1", so that these rules in tags make no tag: / line 1, type=match,pattern=^app`},
		"no group":             {"tag v1", "type=match,pattern=v(.)(x)?,group=2 ; x", `group 2 of the pattern v(.)(x)? matches nothing in "v1", so that these rules in tags make no tag: / line 1, type=match,pattern=v(.)(x)?,group=2`},
		"a value":              {"push main", "type=semver,pattern={{version}},value=x ; y", `"x" is no semantic version (https://semver.org), so that these rules in tags make no tag: / line 1, type=semver,pattern={{version}},value=x`},
		"not enabled":          {"tag v1", "type=semver,pattern={{version}},enable=false ; x", ""},
		"a branch":             {"push main", versionRules + " ; x", ""},
		"an empty value":       {"push main", "type=semver,pattern={{version}},value= ; x", ""},
		"another kind of ref":  {"tag v1", "type=edge ; type=ref,event=branch ; x", ""},
		"all fit":              {"tag v1.2.3", versionRules, ""},
		"a pre-release fits":   {"tag v1.2.3-rc.1", versionRules, ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			unfit := apply(t, run(t, c.run), lines(strings.Split(c.rules, " ; ")...), nil).Unfit()
			if got := strings.ReplaceAll(strings.Join(unfit, " | "), "\n", " / "); got != c.want {
				t.Errorf("Unfit:\n got %s\nwant %s", got, c.want)
			}
		})
	}
}
