package diagnose

import (
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/builder"
)

// What BuildKit says of a certificate is in its words alone.
func TestUntrusted(t *testing.T) {
	t.Parallel()
	b := &builder.Builder{Name: "buildkitd"}
	for text, want := range map[string]string{
		`failed to do request: Head "https://r.example.com:5000/v2/octo/app/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority`: "r.example.com:5000",
		`Post "https://r.example.com/v2/": x509: certificate signed by unknown authority (possibly because of x)`:                                                           "r.example.com",
		`Head "https://r.example.com/v2/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid`:                                            "",
		`process "/bin/sh -c echo x509: certificate signed by unknown authority" did not complete`:                                                                          "",
		``: "",
	} {
		got := Untrusted(text, b)
		if want == "" && got != "" || want != "" && !strings.Contains(got, "the authority of "+want+"; give it in the input registry-ca") {
			t.Errorf("untrusted(%q) = %q, want advice for %q", text, got, want)
		}
	}
}
