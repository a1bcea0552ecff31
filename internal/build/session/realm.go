package session

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/moby/buildkit/session/auth"
)

// RealmError says that this process cannot reach the server that hands out the
// tokens for a registry. BuildKit has its client ask for them, so that the
// password stays with the client.
type RealmError struct {
	Host  string // the registry's, as BuildKit names it
	Realm string // address of the token server
	cause error
}

func (e *RealmError) Error() string {
	return fmt.Sprintf("asking for a token for %s: %v\n%s asks its clients for a token of %s, which this process cannot reach and has to: BuildKit leaves that to it, so that no password is handed over; "+
		"have the registry name a token server by an address that is good here, or use one that asks for the password itself", e.Host, e.cause, e.Host, e.Realm)
}

// Unwrap returns the network's error.
func (e *RealmError) Unwrap() error { return e.cause }

// AskingForToken begins what is said of a login that was refused: BuildKit hands on
// the words, and from them it is known of which repository.
const AskingForToken = "asking for a token of "

// noToken says why there is no token, and remembers a token server that cannot be
// reached: of what BuildKit makes of the error, only the text is left.
func (s *Server) noToken(req *auth.FetchTokenRequest, err error) error {
	var network *net.OpError
	if !errors.As(err, &network) || network.Op != "dial" {
		return fmt.Errorf("%s%s %s: %w", AskingForToken, req.Host, strings.Join(req.Scopes, " "), err)
	}
	far := &RealmError{Host: req.Host, Realm: req.Realm, cause: network}
	s.Realm.Store(far)
	return far
}
