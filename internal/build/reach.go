package build

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	bksession "github.com/moby/buildkit/session"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/build/session"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/registry"
)

// reachWithin is how long a builder may take to say whether it reaches a
// registry. BuildKit itself waits 30 s for a host that drops packets.
const reachWithin = 10 * time.Second

// UnreachableError says that a builder cannot reach a registry.
type UnreachableError struct {
	Host  string
	cause error
}

func (e *UnreachableError) Error() string { return e.cause.Error() }

// Unwrap returns what the builder said.
func (e *UnreachableError) Unwrap() error { return e.cause }

// Reach has a builder look these tags up in their registries, and returns nil
// where each has answered, whatever it was: that the tag is not there, or is not
// for this login. Of a registry that has not it returns an *UnreachableError, and
// a *RealmError of one whose tokens this process would have to fetch and cannot.
// All errors are joined.
func Reach(ctx context.Context, b *builder.Builder, registries *registry.Client, tags []name.Tag) error {
	server, err := session.NewServer(registries, nil)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, reachWithin, fmt.Errorf("no answer within %s", reachWithin))
	defer cancel()
	answers := make([]error, len(tags))
	lookUp := func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		// Not what the builder has of it: the registry is to answer.
		remote := sourceresolver.Opt{ImageOpt: &sourceresolver.ResolveImageOpt{ResolveMode: llb.ResolveModeForcePull.String()}}
		var group sync.WaitGroup
		for i, tag := range tags {
			group.Go(func() { _, _, _, answers[i] = c.ResolveImageConfig(ctx, tag.Name(), remote) })
		}
		group.Wait()
		return gateway.NewResult(), nil
	}
	_, err = b.Client.Build(quiet(limited), client.SolveOpt{Session: []bksession.Attachable{server}, Internal: true}, "", lookUp, nil)
	switch far := server.Realm.Load(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case far != nil && b.PushByDigest:
		return far
	case far != nil: // an engine fetches the tokens for its own pushes by itself
		return nil
	case limited.Err() != nil:
		return late(tags, answers, context.Cause(limited))
	case err != nil:
		return fmt.Errorf("asking %s whether it reaches %s: %w", b.Name, tags[0].RegistryStr(), diagnose.Trim(err))
	}
	for i, answer := range answers {
		if answers[i] = nil; unreached(answer) {
			answers[i] = &UnreachableError{Host: tags[i].RegistryStr(), cause: diagnose.Advise(diagnose.Trim(answer), diagnose.Untrusted(answer.Error(), b))}
		}
	}
	return errors.Join(answers...)
}

// late is the error of the registries that have not answered in time.
func late(tags []name.Tag, answers []error, cause error) error {
	var errs []error
	for i, answer := range answers {
		if answer != nil { // cut off, or not reached before
			errs = append(errs, &UnreachableError{Host: tags[i].RegistryStr(), cause: cause})
		}
	}
	if len(errs) == 0 {
		return &UnreachableError{Host: tags[0].RegistryStr(), cause: cause}
	}
	return errors.Join(errs...)
}

// unreached tells whether BuildKit has not spoken to a registry. It says so in
// words only; those of Go's net, net/http and crypto/tls have been the same for
// years. Where they change, the build begins and its push says why it fails.
func unreached(answer error) bool {
	return answer != nil && slices.ContainsFunc([]string{
		"dial tcp", "connection refused", "no such host", "no route to host", "network is unreachable", "i/o timeout",
		"server gave HTTP response to HTTPS client", "tls: ", "x509: ",
	}, func(words string) bool { return strings.Contains(answer.Error(), words) })
}
