package metadata_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
)

// FuzzTags: whatever the workflow and the ref hold, the tags are legal and each
// there once, or there is an error with a place.
func FuzzTags(f *testing.F) {
	for _, rules := range []string{
		"type=schedule,pattern={{date 'YYYYMMDD' tz='Asia/Tokyo'}}", "type=semver,pattern={{major}}.{{minor}},match=^p1/v(.*)$", "type=pep440,pattern={{raw}},value=1!2.0rc1+x_1",
		"type=match,pattern=/(?<n>\\d)[a-z]/gi,group=1", `type=match,"pattern=a{1,2}"`, "type=edge\ntype=ref,event=tag\ntype=ref,event=pr,prefix=", "type=raw,value={{{branch}}}\\{{x}},enable={{is_default_branch}}",
		"type=sha,format=long,prefix=,suffix={{tag}},priority=1e3", "a,b,ghcr.io/o/n:{{sha}}", "\"type=raw\",\"value=\"\"x\"\"\"", "type=match,pattern=(a+)+$\n\xff",
	} {
		f.Add(rules, "latest=auto\nprefix={{branch}}-,onlatest=true", "push", "refs/tags/v1.2.3-rc.1+b")
		f.Add(rules, "latest={{is_default_branch}},suffix=.", "schedule", "refs/heads/\xffé/--a")
	}
	f.Fuzz(func(t *testing.T, rules, flavor, event, ref string) {
		texts := strings.SplitN(rules, "\n", 4) // a pattern may take a second each
		parsed, err := metadata.ParseTags(lines(texts...))
		wantPlaces(t, err)
		common, err := metadata.ParseFlavor(lines(strings.Split(flavor, "\n")...))
		wantPlaces(t, err)
		facts := metadata.Facts{Event: event, Ref: ref, SHA: ref, Pull: len(ref) % 2, DefaultBranch: event, BaseRef: ref, Now: time.Unix(1735531506, 0)}
		names, err := parsed.Names(common, facts)
		wantPlaces(t, err)
		seen := map[string]bool{}
		for _, tag := range names.Tags {
			text := tag.Name
			if tag.Full {
				text = text[strings.LastIndexByte(text, ':')+1:]
			}
			if !legalTag(text) || seen[tag.Name] {
				t.Errorf("%q with %q on %q makes %q, which is not legal or there twice", rules, flavor, ref, tag.Name)
			}
			seen[tag.Name] = true
		}
		if (len(names.Tags) == 0) != (names.Version == "") || len(names.Tags) > 0 && !legalTag(names.Version) {
			t.Errorf("%q on %q has the version %q and the tags %v", rules, ref, names.Version, names.Tags)
		}
		known := metadata.Known{Published: []string{ref, event, "1.2.3"}, Git: texts}
		if moves := names.Moves(known, metadata.Forward); len(moves) != len(names.Tags) {
			t.Errorf("%d moves of %d tags", len(moves), len(names.Tags))
		}
	})
}

// FuzzEntries: labels and annotations are text, whatever they are made of.
func FuzzEntries(f *testing.F) {
	for _, line := range []string{
		"a=b", "a={{branch}}", `a=\{{x}}\\{{tag}}`, "index,manifest[linux/arm64]:k={{commit_date '[x]LLLL\\Y' tz='UTC'}}", "{{date 'YYYY' tz='UTC'}}=x={{", "a={{{raw}}}{{version}}", "a={{date \"\\\"\"}}", "\xff=\xfe", ":=", "a[b]:c=d",
	} {
		f.Add(line, "refs/tags/v1.2.3")
		f.Add(line, "refs/heads/\xff{{x}}")
	}
	f.Fuzz(func(t *testing.T, line, ref string) {
		facts := metadata.Facts{Event: "push", Ref: ref, SHA: ref, Now: time.Unix(1735531506, 0)}
		labels, err := metadata.ParseLabels(lines(line))
		wantPlaces(t, err)
		own := labels.Values(facts)
		annotations, err := metadata.ParseAnnotations(lines(line))
		wantPlaces(t, err)
		source := metadata.Source{Title: ref, Description: ref}
		all := metadata.Labels(source, own)
		for _, a := range metadata.Annotations(source, annotations.Values(facts)) {
			if !utf8.ValidString(a.String()) {
				t.Errorf("%q on %q makes the annotation %q, which is not UTF-8", line, ref, a)
			}
		}
		for key, value := range all {
			if !utf8.ValidString(key) || !utf8.ValidString(value) {
				t.Errorf("%q on %q makes the label %q=%q, which is not UTF-8", line, ref, key, value)
			}
		}
	})
}

// FuzzVersions: of two versions one at most is newer, for whatever git tags say.
func FuzzVersions(f *testing.F) {
	for _, tag := range []string{"v1.2.3", "1!2.0", "1.2.3.4", "1.0+a.1", "1.0+1.a", "2.0.post1", "1.0.dev0", "0.0.0-0.x"} {
		f.Add(tag, "v1.2.4")
		f.Add("1.0", tag)
	}
	rules, err := metadata.ParseTags(lines("type=semver,pattern={{major}}", "type=pep440,pattern={{minor}}", "type=ref,event=tag"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		unmoved := func(tag, known string) map[string]bool {
			names, err := rules.Names(metadata.Flavor{}, metadata.Facts{Ref: "refs/tags/" + tag})
			if err != nil {
				t.Fatal(err)
			}
			stay := map[string]bool{}
			for _, m := range names.Moves(metadata.Known{Git: []string{known}, Published: []string{known}}, metadata.Forward) {
				stay[m.Tag.Name] = !m.Moves
			}
			return stay
		}
		there, back := unmoved(one, other), unmoved(other, one)
		if there["latest"] && back["latest"] {
			t.Errorf("latest goes neither from %q to %q nor back", one, other)
		}
	})
}

func legalTag(text string) bool {
	_, err := name.NewTag("localhost:5000/ab:"+text, name.StrictValidation)
	return err == nil && reference.TagRegexp.FindString(text) == text
}

// wantPlaces checks that every error names its place.
func wantPlaces(t *testing.T, err error) {
	t.Helper()
	for _, m := range mistakes(t, err) {
		if m.Line < 1 || m.Character < 1 || m.Problem == "" || m.Accepts == "" || m.Input == "" || !utf8.ValidString(m.Accepts) {
			t.Errorf("the mistake %#v has no place, or says too little", m)
		}
	}
	var one *metadata.Error
	if err != nil && !errors.As(err, &one) {
		t.Errorf("%v is no *metadata.Error", err)
	}
}
