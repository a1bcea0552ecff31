package inputs_test

import (
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
)

// A password may have several lines, as the key of a service account has. A token of
// GitHub's with blanks is two.
func TestToken(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	const key = "{\n  \"type\": \"service_account\",\r\n\t\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nx\"\n}"
	for written, want := range map[string]inputs.Secret{
		key + "\n":               key,
		"two words":              "two words",
		"\n ghs_s3cret=/+ \n":    "ghs_s3cret=/+",
		"ghs_0123456789ab ghs_x": "",
		"ghp_" + hidden + "\nx":  "",
		hidden + "\x00":          "",
		hidden + "\x7f" + hidden: "",
	} {
		in, err := parse(dir, vars{"token": written})
		switch {
		case want == "" && (err == nil || strings.Contains(err.Error(), hidden)):
			t.Errorf("Parse(token: %q) = %v, want a mistake that does not show it", written, err)
		case want != "" && (err != nil || in.Token.Reveal() != want.Reveal()):
			t.Errorf("Parse(token: %q) = %q, %v, want %q", written, in.Token.Reveal(), err, want.Reveal())
		}
	}
}
