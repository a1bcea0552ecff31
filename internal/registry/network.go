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
	case strings.Contains(text, "server gave HTTP response to HTTPS client"), strings.Contains(text, onlyLoopback):
		return r.plain()
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

// plain is what it means that a registry has no TLS. An engine may trust it all the
// same (insecure-registries), but the login of a push would be sent in the clear.
func (r refused) plain() Meaning {
	m := Meaning{
		What: r.host() + " speaks plain HTTP, which is used for loopback addresses only",
		Do:   "serve it over https, with an authority of your own if need be (input registry-ca); what insecure-registries in an engine's daemon.json allows is for that engine alone",
	}
	if r.pulling() {
		m.What = r.host() + " speaks plain HTTP, and the builder does not allow that for it"
		m.Do = "serve it over https, or allow it in the builder: insecure-registries in an engine's daemon.json, or http = true for it in buildkitd.toml; a builder that the run starts allows it nowhere"
	}
	return m
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
