package diagnose

import (
	"fmt"
	"regexp"

	"github.com/slipway-build/slipway/internal/builder"
)

// untrustedHost finds the host in what Go says of a certificate that it does not
// trust.
var untrustedHost = regexp.MustCompile(`"https://([^/"]+)[^"]*": (?:tls: failed to verify certificate: )?x509: certificate signed by unknown authority`)

// Untrusted is what to do about a registry whose authority the builder does not
// know, or "".
func Untrusted(text string, b *builder.Builder) string {
	found := untrustedHost.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return fmt.Sprintf("\n%s does not know the authority of %s; give it %s", b.Name, found[1], b.HowToTrust(found[1]))
}

// advised is an error with what to do about it.
type advised struct {
	error

	advice string
}

func (a *advised) Error() string { return a.error.Error() + a.advice }

// Unwrap returns the error.
func (a *advised) Unwrap() error { return a.error }

// Advise adds to an error what to do about it, as it is to follow.
func Advise(err error, advice string) error { return &advised{err, advice} }
