package inputs_test

import (
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
)

func TestRequireVisibility(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	for value, want := range map[string]packages.Visibility{
		"": packages.Unknown, "public": packages.Public, " Private\n": packages.Private, "INTERNAL": packages.Internal,
	} {
		in, err := parse(dir, vars{"require-visibility": value})
		if err != nil || in.RequireVisibility != want {
			t.Errorf("Parse(require-visibility: %q) = %q, %v, want %q", value, in.RequireVisibility, err, want)
		}
	}
	for _, value := range []string{"true", "public,private", "secret"} {
		_, err := parse(dir, vars{"require-visibility": value})
		wantMistake(t, err, "require-visibility", `"`+value+`"`, "public, private or internal")
	}
}
