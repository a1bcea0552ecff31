// Package builder finds or starts a BuildKit, says what it can do, and stops
// what it started.
package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/buildkit/client"
	_ "github.com/moby/buildkit/util/grpcutil/encoding/proto" // BuildKit's own encoding, which names of files in any bytes pass

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// answerWithin is how long what may not be there at all has to answer its first
// question. Past that a run is better served by an error that names the address.
const answerWithin = dockerengine.AnswerWithin

// aliveWithin is how long what has answered before may take on a busy machine, and
// a program that reaches a BuildKit: kubectl first asks a cloud for a token, and ssh
// goes through a host in between.
const aliveWithin = dockerengine.AliveWithin

// Builder is a BuildKit that has answered and can do what is needed.
type Builder struct {
	plan.Capabilities
	Client *client.Client
	Name   string // what it is and where, for the log
	// Stores tells that the builder has an image store of its own, in which
	// a build that is only pushed need not be kept.
	Stores bool
	// Nodes are those where there are several, which has no Client of its own.
	Nodes []Node
	// Notices are for the log: what is unusual, and no reason not to build.
	Notices []string

	ca      string              // format of where those of registries are configured; empty: in Options
	refused []string            // the places that were tried before, and why they were not used
	store   *dockerengine.Store // nil where BuildKit pushes by itself
	beside  *engineBeside
	stop    func(context.Context) error
	options Options   // that it was found with
	docker  io.Closer // the connection to the engine that it is reached through, or nil
}

// Close drops the connection and stops what was started for it: processes are
// gone and temporary files removed when it returns. If ctx has ended, because the run
// was cancelled, it does as much as can be done in a run's last seconds.
func (b *Builder) Close(ctx context.Context) error {
	if len(b.Nodes) > 0 {
		return closeNodes(ctx, b.Nodes)
	}
	err := errors.Join(b.Client.Close(), b.beside.close(ctx))
	if b.stop != nil {
		err = errors.Join(err, b.stop(ctx))
	}
	if b.docker != nil {
		err = errors.Join(err, b.docker.Close())
	}
	if err != nil {
		return fmt.Errorf("closing %s: %w", b.Name, err)
	}
	return nil
}

// Options says which BuildKit is wanted and where to look.
type Options struct {
	// Want is the input builder: auto, docker, container, local, an address, or the
	// name of a builder that buildx has made.
	Want string
	// Nodes is wanted in place of Want where it is not empty: each node for its
	// platforms.
	Nodes []plan.Share
	// Image and Volume are the inputs builder-image and builder-volume, for a
	// container of its own.
	Image, Volume string
	// Executable is this program, which is process 1 of such a container (Serve),
	// and which a child process needs inside its namespaces (Inside).
	Executable string
	// RegistryCA are those of registries, in PEM, that a BuildKit which is started
	// for the run trusts besides the system's.
	RegistryCA []byte
	// TLS is for every address tcp://, wherever it comes from. The zero value means
	// that there is none.
	TLS inputs.BuilderTLS
	// Needs is what the build asks of it. The zero value is content with any.
	Needs plan.Needs
	// Lookup reads the process environment: BUILDKIT_HOST, DOCKER_HOST, PATH,
	// and what a child process is given of it.
	Lookup func(name string) (string, bool)
}

// source is a place where a BuildKit may be found. Connect tries the sources in
// order and takes the first that answers.
type source interface {
	// String names the place for the log and for errors.
	String() string
	// connect returns the BuildKit there, or why it cannot be used.
	connect(ctx context.Context) (*Builder, error)
}

// Connect returns the first BuildKit of the wanted kind that answers. The error
// lists every place that was tried and why it was refused.
func Connect(ctx context.Context, o Options) (*Builder, error) {
	if len(o.Nodes) > 0 {
		return connectNodes(ctx, o)
	}
	found := search{options: o}
	defer found.giveUp()
	for _, s := range found.sources(ctx) {
		if b := found.try(ctx, s); b != nil {
			return b, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("looking for a BuildKit: %w", context.Cause(ctx))
		}
	}
	return nil, &NotFoundError{Tried: found.refused, cause: errors.Join(found.errs...)}
}

// NotFoundError says that no BuildKit could be used, and why for each place.
type NotFoundError struct {
	Tried []string
	cause error
}

func (e *NotFoundError) Error() string {
	if len(e.Tried) == 1 {
		return "connecting to BuildKit: " + e.Tried[0]
	}
	return "connecting to BuildKit: none can be used\n- " + strings.Join(e.Tried, "\n- ") +
		"\nset the input builder or BUILDKIT_HOST to the address of one, such as tcp://buildkitd:1234"
}

// Unwrap returns the joined reasons.
func (e *NotFoundError) Unwrap() error { return e.cause }

// String says in one line which BuildKit this is.
func (b *Builder) String() string {
	if b.Version == "" {
		return b.Name
	}
	return b.Name + ", " + b.Version
}

// Refused lists the places that were tried before this one, and why they were
// not used.
func (b *Builder) Refused() []string { return b.refused }
