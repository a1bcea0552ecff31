package builder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/slipway-build/slipway/internal/inputs"
)

// remote is a BuildKit at an address.
type remote struct {
	address string
	from    string // who named it
	tls     inputs.BuilderTLS
	lookup  func(string) (string, bool)
}

func newRemote(o Options, address, from string) remote {
	return remote{address: address, from: from, tls: o.TLS, lookup: o.Lookup}
}

func (r remote) String() string { return fmt.Sprintf("%s (%s)", r.address, r.from) }

func (r remote) connect(ctx context.Context) (*Builder, error) {
	if err := inputs.CheckAddress(r.address); err != nil {
		return nil, err
	}
	u, err := url.Parse(r.address)
	if err != nil {
		return nil, err
	}
	var b *Builder
	if through, ok := throughProgram(u); ok {
		b, err = r.through(ctx, through)
	} else {
		b, err = r.direct(ctx, u)
	}
	if err != nil {
		return nil, err
	}
	b.Name, b.ca = "BuildKit at "+r.String(), daemonCA
	return b, nil
}

// direct connects over TCP or a socket.
func (r remote) direct(ctx context.Context, u *url.URL) (*Builder, error) {
	opts := unstall()
	if r.tls.Wanted() {
		if u.Scheme != "tcp" {
			return nil, errors.New("the input builder-tls is for tcp:// addresses alone")
		}
		secured, err := newTLSClient(r.tls)
		if err != nil {
			return nil, err
		}
		opts = append(opts, secured.option())
	}
	soon, cancel := context.WithTimeout(ctx, diagnosedWithin)
	defer cancel()
	c, err := client.New(ctx, r.address, opts...)
	if err != nil {
		return nil, err
	}
	said, err := ask(ctx, c, answerWithin)
	if err == nil {
		return &Builder{Capabilities: said.Capabilities, Client: c}, nil
	}
	_ = c.Close()
	// gRPC says of most failures of TLS that the connection broke. A server that
	// was silent until now would be so for the next question, too.
	if u.Scheme == "tcp" && grpcerrors.Code(err) == codes.Unavailable {
		if reason := diagnose(soon, u, r.tls); reason != nil {
			return nil, reason
		}
	}
	return nil, fmt.Errorf("%w; check that buildkitd listens there", err)
}

// through connects by way of a program.
func (r remote) through(ctx context.Context, p program) (*Builder, error) {
	if r.tls.Wanted() {
		return nil, errors.New("the input builder-tls is for tcp:// addresses alone")
	}
	path, err := p.find(r.lookup)
	if err != nil {
		return nil, err
	}
	runs := &running{path: path, arguments: p.arguments}
	opts := append(unstall(), client.WithContextDialer(func(context.Context, string) (net.Conn, error) { return runs.start() }))
	c, err := client.New(ctx, r.address, opts...)
	if err != nil {
		return nil, err
	}
	said, err := ask(ctx, c, aliveWithin)
	if err != nil {
		_ = c.Close()
		runs.stop()
		return nil, fmt.Errorf("%w%s", err, runs.lastWords(p))
	}
	return &Builder{
		Capabilities: said.Capabilities,
		Client:       c,
		stop:         func(context.Context) error { runs.stop(); return nil },
	}, nil
}
