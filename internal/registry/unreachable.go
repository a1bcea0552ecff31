package registry

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// UnreachableError says that no connection to a host could be opened: its name is
// not known here, or it takes no connections. Nobody has answered, and somebody
// elsewhere may be answered.
type UnreachableError struct {
	Host  string // with its port where the address has one
	cause error
}

func (e *UnreachableError) Error() string { return e.cause.Error() }

// Unwrap returns the network's error.
func (e *UnreachableError) Unwrap() error { return e.cause }

// unreachable makes an *UnreachableError of err where no connection to host could
// be opened, and else returns it as it is. A connection that breaks has reached
// somebody, and a proxy that cannot be reached is a mistake of its own.
func unreachable(host string, err error) error {
	var network *net.OpError
	if !errors.As(err, &network) || network.Op != "dial" || errors.Is(err, context.Canceled) {
		return err
	}
	return &UnreachableError{Host: host, cause: err}
}

// OutOfReach tells whether err says that the registry of this repository cannot
// be reached from here. A token server that cannot is another matter: its
// registry has answered.
func OutOfReach(repo name.Repository, err error) bool {
	var far *UnreachableError
	return errors.As(err, &far) && strings.EqualFold(far.Host, repo.RegistryStr())
}
