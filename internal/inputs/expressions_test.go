package inputs_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
)

// Values that are written may hold expressions, and those of the environment do not.
func TestExpressionsOfBuildArgs(t *testing.T) {
	t.Parallel()
	in, err := parse(checkout(t), vars{"build-args": "A={{version}}\nB={{ .Other }}\nFROM_ENV\nC={{sha}}\nC=plain\nD={{date 'YYYY'}}", "FROM_ENV": "{{version}}"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A", "D"}, slices.Sorted(maps.Keys(in.ArgTexts))); diff != "" {
		t.Errorf("arguments with expressions, -want +got:\n%s", diff)
	}
	if in.BuildArgs["FROM_ENV"] != "{{version}}" || in.BuildArgs["B"] != "{{ .Other }}" {
		t.Errorf("arguments %q, want what is no expression as it is", in.BuildArgs)
	}
	_, err = parse(checkout(t), vars{"build-args": "A=1\nB={{date 'YYYY' tz='Nowhere'}}"})
	wantMistake(t, err, "build-args", `line 2: B: the time zone "Nowhere" is not known`)
}

// References of caches may, behind their first part.
func TestExpressionsOfCaches(t *testing.T) {
	t.Parallel()
	for line, ref := range map[string]string{
		"ghcr.io/Octo/app:cache-{{branch}}":                          "ghcr.io/Octo/app:cache-{{branch}}",
		"type=registry,ref=octo/app:{{commit_date 'YYYY' tz='UTC'}}": "octo/app:{{commit_date 'YYYY' tz='UTC'}}",
		"octo/app:{{commit_date 'YYYY' tz='UTC'}}":                   "octo/app:{{commit_date 'YYYY' tz='UTC'}}",
		`type=registry,"ref=octo/app:{{date 'YYYY,MM'}}",mode=max`:   "octo/app:{{date 'YYYY,MM'}}",
	} {
		in, err := parse(checkout(t), vars{"cache-to": line})
		if err != nil || len(in.CacheTo) != 1 || in.CacheTo[0].Type != inputs.CacheRegistry || in.CacheTo[0].Attrs["ref"] != ref || in.CacheTo[0].Text == nil {
			t.Errorf("Parse(cache-to: %s) = %v, %v, want the reference as it is written", line, in.CacheTo, err)
		}
	}
	for line, says := range map[string]string{
		"{{branch}}/app:c":                 "has an expression in its first part",
		"octo/app-{{branch}}":              "has no tag",
		"octo/app@sha256:{{sha}}":          "is not an image",
		"octo/app:{{ .Version }}":          "is not an image",
		"octo/app:{{date 'YYYY' tz='No'}}": `line 1: ref: the time zone "No" is not known`,
		"type=inline,ref=a:{{version}}":    "there is no attribute ref",
	} {
		_, err := parse(checkout(t), vars{"cache-to": line})
		if found := mistakes(t, err); found[0].Input != "cache-to" || !strings.Contains(err.Error(), says) {
			t.Errorf("Parse(cache-to: %s) = %v, want %q", line, err, says)
		}
	}
}
