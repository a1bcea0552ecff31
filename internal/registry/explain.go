package registry

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Error is a registry's refusal with what to do about it.
type Error struct {
	Doing  string
	Advice string // empty where nothing is known
	Denied bool   // the registry answered that the credentials may not do this
	cause  error  // the registry's own words
}

func (e *Error) Error() string {
	if e.Advice == "" {
		return fmt.Sprintf("%s: %v", e.Doing, e.cause)
	}
	return fmt.Sprintf("%s: %v\n%s", e.Doing, e.cause, e.Advice)
}

// Unwrap returns the registry's own answer.
func (e *Error) Unwrap() error { return e.cause }

// Explain wraps what went wrong while doing something with a repository, and
// adds what the workflow author can do. It returns err unchanged when it has
// been explained already.
func Explain(doing string, repo name.Repository, err error) error {
	if explained := (*Error)(nil); errors.As(err, &explained) {
		return err
	}
	e := &Error{Doing: doing, cause: err}
	var answer *transport.Error
	var certificate *tls.CertificateVerificationError
	var network *net.OpError
	var far *UnreachableError
	switch {
	case errors.As(err, &answer) && answer.StatusCode == http.StatusUnauthorized:
		e.Denied = true
		// A wrong password and a right one without this permission look the
		// same on registries other than GitHub's.
		e.Advice = fmt.Sprintf("%s does not accept the user name and token for %s; check the inputs registry, username and token, and that the user may push there", repo.RegistryStr(), repo.RepositoryStr())
	case errors.As(err, &answer) && answer.StatusCode == http.StatusForbidden:
		e.Denied = true
		e.Advice = HowToPush(repo)
	case errors.As(err, &certificate):
		e.Advice = fmt.Sprintf("%s has no certificate that is trusted here; check the input registry, and that the certificate is valid, for this name and by a public authority", repo.RegistryStr())
	case errors.As(err, &far) && !OutOfReach(repo, err):
		e.Advice = fmt.Sprintf("%s sends its clients to %s, which cannot be reached from here; check that it is up, and that the registry names it by an address that is good everywhere", repo.RegistryStr(), far.Host)
	case errors.As(err, &network):
		e.Advice = fmt.Sprintf("%s cannot be reached; check the input registry and that it is up", repo.RegistryStr())
	}
	return e
}

// HowToPush says what gives a workflow the right to push.
func HowToPush(repo name.Repository) string {
	if !githubs(repo.RegistryStr()) {
		return fmt.Sprintf("%s does not let this login push to %s; check the inputs username and token, and their rights there", repo.RegistryStr(), repo.RepositoryStr())
	}
	return fmt.Sprintf(`the token may not push to %s; give it the permission in the workflow:
permissions:
  contents: read
  packages: write
and, where the package exists already, grant this repository the role Write in the package's settings under "Manage Actions access"`, repo)
}

// githubs tells whether a registry is one of GitHub's, whose rights are given in
// the workflow.
func githubs(host string) bool {
	return host == "ghcr.io" || host == "docker.pkg.github.com" || strings.HasPrefix(host, "containers.")
}

// NotFound tells whether a registry has answered that there is no such thing.
func NotFound(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}
