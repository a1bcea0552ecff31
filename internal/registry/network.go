package registry

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/slipway-build/slipway/internal/packages"
)

// network is what it means that a registry was not reached, or not to the end.
// BuildKit and engines hand on words only: those of Go's net and crypto packages,
// which have been the same for years.
func (r refused) network(err error) Meaning {
	host, text := r.host(), err.Error()
	var certificate *tls.CertificateVerificationError
	var network *net.OpError
	var far *UnreachableError
	var silent *SilentError
	switch {
	case errors.As(err, &certificate), strings.Contains(text, "x509: "):
		return Meaning{
			What: fmt.Sprintf("%s has no certificate that is trusted here", host),
			Do:   "check " + r.written() + ", and that the certificate is valid and for this name; where a private authority has signed it, name that in the input registry-ca" + daemonsOwn,
		}
	case errors.As(err, &far) && !OutOfReach(r.repo, err):
		return Meaning{
			What: fmt.Sprintf("%s sends its clients to %s, which cannot be reached from here", host, far.Host),
			Do:   "check that it is up, and that the registry names it by an address that is good everywhere",
		}
	case errors.As(err, &silent):
		return Meaning{
			What: fmt.Sprintf("%s is silent, or its token server is: %s", host, silent),
			Do:   "check that both are up, and what stands in front of them; then " + r.again(),
		}
	case strings.Contains(text, "no such host"):
		return Meaning{
			What: fmt.Sprintf("there is no host %s", host) + r.hint(),
			Do:   "correct " + r.written(),
		}
	case errors.As(err, &network) && network.Op == "dial", strings.Contains(text, "connection refused"), strings.Contains(text, "dial tcp"):
		return Meaning{
			What: fmt.Sprintf("%s cannot be reached", host) + r.hint(),
			Do:   "check " + r.written() + ", and that it is up",
		}
	case errors.As(err, &network), cut(text):
		return r.cutOff()
	}
	return Meaning{}
}

// written is where the host is named.
func (r refused) written() string {
	if r.pulling() {
		return "the image's name, where FROM, COPY --from, # syntax=, cache-from or build-contexts has it"
	}
	return "the input registry, or the host in image or tags"
}

// daemonsOwn is about builders that are not ours to configure.
const daemonsOwn = "; a builder that others run trusts what its own configuration names"

// hint proposes the host that may have been meant.
func (r refused) hint() string { return r.Situation.hint(r.host()) }

// Hint proposes, in words that end a sentence, the host that may have been meant.
func (c *Client) Hint(host string) string { return c.situation.hint(host) }

func (s Situation) hint(host string) string {
	if meant := packages.DidYouMean(host, s.Server); meant != "" {
		return fmt.Sprintf("; did you mean %s?", meant)
	}
	return ""
}
