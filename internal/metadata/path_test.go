package metadata_test

import (
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
)

func TestPathName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"a plain name":         {"hello", "hello"},
		"capitals":             {"HelloWorld", "helloworld"},
		"blanks":               {"My Project", "my-project"},
		"separators in a row":  {"a.-_b", "a-b"},
		"separators around":    {".github_", "github"},
		"unicode":              {"ünï", "n-image"},
		"digits":               {"2048", "2048"},
		"nothing usable":       {"日本", "image"},
		"empty":                {"", "image"},
		"the root directory":   {"/", "image"},
		"the current one":      {".", "image"},
		"one letter":           {"x", "x-image"},
		"a path":               {"a/b", "a-b"},
		"a reference":          {"a:b@c", "a-b-c"},
		"longer than a name":   {strings.Repeat("a", 300), strings.Repeat("a", 128)},
		"cut at a separator":   {strings.Repeat("a", 127) + "-" + strings.Repeat("b", 100), strings.Repeat("a", 127)},
		"as long as a tag may": {strings.Repeat("a", 128), strings.Repeat("a", 128)},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := metadata.PathName(c.text); got != c.want {
				t.Errorf("PathName(%q) = %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func FuzzPathName(f *testing.F) {
	for _, text := range []string{"", ".", "x", "hello", "My Project", "日本", "a.-_b", strings.Repeat("a-", 200), "\x00\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		element := metadata.PathName(text)
		full := "localhost:5000/" + element
		named, err := reference.WithName(full)
		if err != nil || reference.Path(named) != element || strings.Contains(element, "/") {
			t.Errorf("PathName(%q) = %q, want one legal element of a path: %v", text, element, err)
		}
		if _, err := name.NewRepository(full, name.StrictValidation); err != nil {
			t.Errorf("PathName(%q) = %q, refused by go-containerregistry: %v", text, element, err)
		}
	})
}
