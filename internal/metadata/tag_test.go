package metadata_test

import (
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
)

func TestRefTag(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ ref, want string }{
		"main is latest":                 {"refs/heads/main", "latest"},
		"another branch keeps its name":  {"refs/heads/release", "release"},
		"a slash becomes a hyphen":       {"refs/heads/feature/x", "feature-x"},
		"a version loses its v":          {"refs/tags/v1.2.3", "1.2.3"},
		"a date is no version":           {"refs/tags/2024-05", "2024-05"},
		"a pull request is its number":   {"refs/pull/12/merge", "pr-12"},
		"a pull request's head as well":  {"refs/pull/12/head", "pr-12"},
		"the whole name is kept":         {"refs/heads/feature/main", "feature-main"},
		"every slash counts":             {"refs/heads/a/b/c", "a-b-c"},
		"only main is latest":            {"refs/heads/develop", "develop"},
		"master is a branch":             {"refs/heads/master", "master"},
		"a git tag named main":           {"refs/tags/main", "main"},
		"capitals, and main is spelled":  {"refs/heads/Main", "main"},
		"mixed case":                     {"refs/heads/Feature/Foo_Bar", "feature-foo_bar"},
		"a version of one digit":         {"refs/tags/v2", "2"},
		"a version that starts with 0":   {"refs/tags/v0.9", "0.9"},
		"v before a digit only":          {"refs/tags/vendor-2", "vendor-2"},
		"v alone":                        {"refs/tags/v", "v"},
		"v before a dot":                 {"refs/tags/v.1", "v.1"},
		"one v":                          {"refs/tags/vv1", "vv1"},
		"capital V stays":                {"refs/tags/V1.2", "v1.2"},
		"a branch keeps its v":           {"refs/heads/v1.2.3", "v1.2.3"},
		"a pre-release":                  {"refs/tags/v1.2.3-rc.1", "1.2.3-rc.1"},
		"build metadata":                 {"refs/tags/v1.2.3+build.5", "1.2.3-build.5"},
		"a git tag with a slash":         {"refs/tags/api/v1.2.3", "api-v1.2.3"},
		"leading dot":                    {"refs/heads/.hidden", "hidden"},
		"leading hyphens":                {"refs/heads/--x", "x"},
		"leading dots and hyphens mixed": {"refs/heads/.-.-x", "x"},
		"leading underscore is legal":    {"refs/heads/_x", "_x"},
		"leading letter that is no tag":  {"refs/heads/éa", "a"},
		"unicode in the middle":          {"refs/heads/ünïcode", "n-code"},
		"hyphens of the name all stay":   {"refs/heads/a--b", "a--b"},
		"a run of others is one hyphen":  {"refs/heads/a @!日本 b", "a-b"},
		"a shell command":                {"refs/heads/a$(id)", "a-id-"},
		"a runner command":               {"refs/heads/a$(id)::set-output name=x::y%0A", "a-id-set-output-name-x-y-0a"},
		"a line end":                     {"refs/heads/a\nb", "a-b"},
		"not UTF-8":                      {"refs/heads/a\xff\xfeb", "a-b"},
		"a reference's separators":       {"refs/heads/a:b@c", "a-b-c"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := metadata.RefTag(c.ref)
			if err != nil || got != c.want {
				t.Errorf("RefTag(%q) = %q, %v, want %q", c.ref, got, err, c.want)
			}
		})
	}
}

// A name that a tag can hold whole is kept whole; a longer one is cut and told
// from others by a hash.
func TestRefTagLength(t *testing.T) {
	t.Parallel()
	if got, err := metadata.RefTag("refs/heads/" + strings.Repeat("a", 128)); err != nil || got != strings.Repeat("a", 128) {
		t.Errorf("RefTag(128 characters) = %q, %v, want them all", got, err)
	}
	for _, length := range []int{129, 300} {
		ref := "refs/heads/" + strings.Repeat("a", length)
		got, err := metadata.RefTag(ref)
		if err != nil || len(got) != 128 || !strings.HasPrefix(got, strings.Repeat("a", 119)+"-") {
			t.Errorf("RefTag(%d characters) = %q (%d), %v, want 119 of them, a hyphen and a hash", length, got, len(got), err)
		}
	}
}

func TestRefTagKeepsLongNamesApart(t *testing.T) {
	t.Parallel()
	long := "refs/heads/" + strings.Repeat("a", 200)
	cases := map[string]struct{ one, other string }{
		"differ at the end":            {long + "-one", long + "-two"},
		"differ in length":             {long, long + "a"},
		"differ in what a tag lacks":   {long + "/x", long + "+x"},
		"differ in case":               {long + "/x", long + "/X"},
		"one is a prefix of the other": {long[:len("refs/heads/")+128], long},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			one, err := metadata.RefTag(c.one)
			if err != nil {
				t.Fatalf("RefTag(%q) = %v, want a tag", c.one, err)
			}
			other, err := metadata.RefTag(c.other)
			if err != nil || one == other {
				t.Errorf("RefTag(%q) = %q, %v, want another tag than that of %q", c.other, other, err, c.one)
			}
			if again, _ := metadata.RefTag(c.one); again != one {
				t.Errorf("RefTag(%q) = %q, then %q, want the same each time", c.one, one, again)
			}
		})
	}
}

// A cut that falls on separators leaves one hyphen before the hash.
func TestRefTagCutsAtAWord(t *testing.T) {
	t.Parallel()
	ref := "refs/heads/" + strings.Repeat("a", 100) + strings.Repeat(".-", 20) + strings.Repeat("b", 50)
	got, err := metadata.RefTag(ref)
	if err != nil || !strings.HasPrefix(got, strings.Repeat("a", 100)+"-") || strings.ContainsAny(got[101:], ".-") || len(got) != 109 {
		t.Errorf("RefTag(%q) = %q, %v, want 100 a, a hyphen and 8 characters of hash", ref, got, err)
	}
}

func TestRefTagErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ ref, says string }{
		"empty":                      {"", "neither a branch"},
		"a short name":               {"main", "neither a branch"},
		"a remote":                   {"refs/remotes/origin/main", "neither a branch"},
		"refs alone":                 {"refs/", "neither a branch"},
		"another case":               {"REFS/heads/main", "neither a branch"},
		"a branch without a name":    {"refs/heads/", "no letter or digit"},
		"a git tag without a name":   {"refs/tags/", "no letter or digit"},
		"separators only":            {"refs/heads/.-/-.", "no letter or digit"},
		"nothing that a tag can say": {"refs/heads/日本語", "no letter or digit"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := metadata.RefTag(c.ref)
			if err == nil || got != "" {
				t.Fatalf("RefTag(%q) = %q, %v, want an error", c.ref, got, err)
			}
			for _, want := range []string{`"` + c.ref + `"`, c.says} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("RefTag(%q) = %q, want it to say %s", c.ref, err, want)
				}
			}
		})
	}
}

// The name of a ref is a stranger's text, and an error that holds it must stay
// one line.
func TestRefTagErrorIsOneLine(t *testing.T) {
	t.Parallel()
	_, err := metadata.RefTag("refs/other/x\n::set-output name=digest::sha256:0")
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("RefTag(a ref with a line end) = %q, want an error of one line", err)
	}
}

func FuzzRefTag(f *testing.F) {
	for _, ref := range []string{
		"", "refs/heads/main", "refs/heads/feature/Foo_Bar", "refs/tags/v1.2.3", "refs/tags/vendor-2", "refs/pull/12/merge",
		"refs/heads/a$(id)::set-output name=x::y%0A", "refs/heads/\n\x00", "refs/heads/日本", "refs/heads/-.-", "refs/pull//",
		"refs/heads/" + strings.Repeat("a/", 100), "refs/heads/_" + strings.Repeat("-", 200), "refs/heads/İK",
	} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		tag, err := metadata.RefTag(ref)
		if err != nil {
			if tag != "" {
				t.Errorf("RefTag(%q) = %q with the error %v, want no tag", ref, tag, err)
			}
			return
		}
		if tag == "" || reference.TagRegexp.FindString(tag) != tag {
			t.Errorf("RefTag(%q) = %q, want a legal tag", ref, tag)
		}
		if _, err := name.NewTag("ghcr.io/owner/name:"+tag, name.StrictValidation); err != nil {
			t.Errorf("RefTag(%q) = %q, refused by go-containerregistry: %v", ref, tag, err)
		}
		if len(tag) > metadata.MaxTag || strings.ToLower(tag) != tag {
			t.Errorf("RefTag(%q) = %q, want at most %d characters in lower case", ref, tag, metadata.MaxTag)
		}
	})
}
