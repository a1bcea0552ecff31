package metadata_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/metadata"
)

func TestOwnLabels(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		lines []string
		want  map[string]string
	}{
		"none":                       {nil, map[string]string{}},
		"commas, quotes, = and tabs": {[]string{"a=1,2 \"3\" '4' b=c\td"}, map[string]string{"a": "1,2 \"3\" '4' b=c\td"}},
		"new lines":                  {[]string{"a=1\n 2 \n\n3"}, map[string]string{"a": "1\n 2 \n\n3"}},
		"blanks around the name":     {[]string{" a =1"}, map[string]string{"a": "1"}},
		"blanks before and behind":   {[]string{"a= 1 \t"}, map[string]string{"a": " 1"}},
		"an empty value":             {[]string{"a="}, map[string]string{"a": ""}},
		"the last one wins":          {[]string{"a=1", "b=2", "a=3"}, map[string]string{"a": "3", "b": "2"}},
		"an expression":              {[]string{"a={{branch}}-{{sha}}"}, map[string]string{"a": "feature/x-4f2a9c1"}},
		"one with an =":              {[]string{"a={{date 'YYYY' tz='UTC'}}"}, map[string]string{"a": "2024"}},
		"one in the name":            {[]string{"org.{{is_default_branch}}.{{date 'YYYY' tz='UTC'}}=1=2"}, map[string]string{"org.false.2024": "1=2"}},
		"names that become the same": {[]string{"b={{sha}}", "{{base_ref}}b=last"}, map[string]string{"b": "last"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			own, err := metadata.ParseLabels(lines(c.lines...))
			if err != nil {
				t.Fatalf("ParseLabels(%q) = %v, want labels", c.lines, err)
			}
			if diff := cmp.Diff(c.want, own.Values(run(t, "push feature/x"))); diff != "" {
				t.Errorf("ParseLabels(%q), -want +got:\n%s", c.lines, diff)
			}
		})
	}
}

// A ref's name need not be UTF-8, a label must.
func TestLabelsOfARefThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	if got := label(t, run(t, "push a\xffb"), "{{branch}}"); got != "a\uFFFDb" {
		t.Errorf("the label is %q, want the byte replaced", got)
	}
}

func TestMistakesInLabels(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line          string
		character     int
		says, accepts string
	}{
		"no =":                          {"maintainer", 1, `"maintainer" has no =`, "KEY=value"},
		"no = but in an expression":     {"x{{date 'YYYY' tz='UTC'}}", 1, "has no =", "KEY=value"},
		"no name":                       {"=x", 1, "no name before the =", "KEY=value"},
		"a name of blanks":              {"  =x", 1, "no name before the =", "KEY=value"},
		"a typo in a value":             {"a=b{{x}}", 6, "there is no expression {{x}}", `\{{ for a text`},
		"a typo in a name":              {"a{{x}}=b", 4, "there is no expression {{x}}", "{{branch}}"},
		"an expression that stays open": {"a={{branch", 3, "never closed", "{{branch}}"},
		"no UTF-8":                      {"a=\xff", 3, "not UTF-8", "UTF-8"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := metadata.ParseLabels(lines(c.line))
			wantMistake(t, err, c.character, c.says, c.accepts)
		})
	}
}

func TestOwnAnnotations(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ line, want string }{
		"no level is both":          {"a=1", "manifest:a=1 index:a=1"},
		"manifest":                  {"manifest:a=1", "manifest:a=1"},
		"index":                     {"index:a=1", "index:a=1"},
		"manifest-descriptor":       {"manifest-descriptor:a=1", "manifest-descriptor:a=1"},
		"index-descriptor":          {"index-descriptor:a=1", "index-descriptor:a=1"},
		"several":                   {"index,manifest-descriptor:a=1", "index:a=1 manifest-descriptor:a=1"},
		"a platform":                {"manifest[linux/amd64]:a=1", "manifest[linux/amd64]:a=1"},
		"a variant":                 {"manifest-descriptor[linux/arm/v7]:a=1", "manifest-descriptor[linux/arm/v7]:a=1"},
		"a platform by an alias":    {"manifest[linux/aarch64]:a=1", "manifest[linux/arm64]:a=1"},
		"several with platforms":    {"manifest[linux/amd64],manifest[linux/arm64],index:a=1", "manifest[linux/amd64]:a=1 manifest[linux/arm64]:a=1 index:a=1"},
		"a colon in the value":      {"manifest:a=b:c=d,e", "manifest:a=b:c=d,e"},
		"a colon in a value alone":  {"a=index:1", "manifest:a=index:1 index:a=index:1"},
		"a colon in the name":       {"com.example:a=1", "manifest:com.example:a=1 index:com.example:a=1"},
		"an expression":             {"index:a.{{branch}}={{sha}}", "index:a.main=4f2a9c1"},
		"blanks around":             {"  index: a =1", "index:a=1"},
		"docker/metadata-action's":  {"manifest:org.opencontainers.image.title=x", "manifest:org.opencontainers.image.title=x"},
		"a name that is in a level": {"manifest:index=1", "manifest:index=1"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			own, err := metadata.ParseAnnotations(lines(c.line))
			if err != nil {
				t.Fatalf("ParseAnnotations(%q) = %v, want annotations", c.line, err)
			}
			var got []string
			for _, a := range own.Values(run(t, "push main")) {
				got = append(got, a.String())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("ParseAnnotations(%q) makes %q, want %q", c.line, got, c.want)
			}
		})
	}
}

func TestMistakesInAnnotations(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line          string
		character     int
		says, accepts string
	}{
		"no =":                       {"index:a", 1, "has no =", "LEVEL:KEY=value"},
		"no name":                    {"index:=1", 7, "no name before the =", "LEVEL:KEY=value"},
		"a level that is not known":  {"layer:a=1", 1, `the level "layer" is not known`, "manifest, index, manifest-descriptor"},
		"the second level":           {"index,layer:a=1", 7, `the level "layer" is not known`, "index-descriptor"},
		"a platform of an index":     {"index[linux/amd64]:a=1", 6, "an index is for all platforms", "manifest[linux/amd64]"},
		"a platform that is none":    {"manifest[linux]:a=1", 10, `"linux" is not a platform`, "linux/arm64"},
		"a platform that is empty":   {"manifest[]:a=1", 10, `"" is not a platform`, "linux/arm64"},
		"a typo behind the level":    {"index:a={{x}}", 11, "there is no expression {{x}}", "{{branch}}"},
		"a typo in the name":         {"index: a{{x}}=1", 11, "there is no expression {{x}}", "{{branch}}"},
		"a level that is misspelled": {"manifest-desc[linux/amd64]:a=1", 1, `the level "manifest-desc" is not known`, "manifest-descriptor"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := metadata.ParseAnnotations(lines(c.line))
			wantMistake(t, err, c.character, c.says, c.accepts)
		})
	}
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	source := metadata.Source{Title: "hello", Description: "one\ntwo", Version: "1.2.3"}
	own, err := metadata.ParseAnnotations(lines(
		"org.opencontainers.image.title=Mine", "index:org.opencontainers.image.version=9", "manifest[linux/arm64]:note=arm", "index-descriptor:b=2", "index-descriptor:B=3", "zeta=z",
	))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range metadata.Annotations(source, own.Values(metadata.Facts{})) {
		got = append(got, a.String())
	}
	const prefix = "org.opencontainers.image."
	want := []string{
		"manifest:" + prefix + "description=one two", "manifest:" + prefix + "title=Mine", "manifest:" + prefix + "version=1.2.3", "manifest:zeta=z",
		"manifest[linux/arm64]:note=arm",
		"index:" + prefix + "description=one two", "index:" + prefix + "title=Mine", "index:" + prefix + "version=9", "index:zeta=z",
		"index-descriptor:b=2", "index-descriptor:B=3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Annotations, -want +got:\n%s", diff)
	}
}

// The order is that of docker/metadata-action's outputs: by Unicode's collation.
func TestCompareKeys(t *testing.T) {
	t.Parallel()
	want := []string{"_x", "-x", ".x", "10", "9", "a", "A", "a_b", "a-b", "a.b", "a.B", "a.b.c", "a1", "ab", "B", "org.x"}
	got := slices.SortedFunc(slices.Values([]string{"org.x", "a.b.c", "B", "ab", "a1", "a.B", "a.b", "a-b", "a_b", "A", "a", "9", "10", ".x", "-x", "_x"}), metadata.CompareKeys)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CompareKeys, -want +got:\n%s", diff)
	}
}
