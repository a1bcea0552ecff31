package builder

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/plan"
)

// engine is the BuildKit inside a Docker engine.
type engine struct {
	docker dockerengine.Client
}

func (e engine) String() string { return e.docker.String() }

// connect connects to the engine's BuildKit: its control API and its sessions
// are two connections, each an HTTP request that the engine hijacks.
func (e engine) connect(ctx context.Context) (*Builder, error) {
	opts := append(unstall(),
		client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return dockerengine.Hijack(ctx, func(ctx context.Context) (net.Conn, error) {
				return e.docker.Unlimited.DialHijack(ctx, "/grpc", "h2c", nil)
			})
		}),
		client.WithSessionDialer(func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return dockerengine.Hijack(ctx, func(ctx context.Context) (net.Conn, error) {
				return e.docker.Unlimited.DialHijack(ctx, "/session", proto, meta)
			})
		}))
	c, err := client.New(ctx, "", opts...)
	if err != nil {
		return nil, err
	}
	said, err := ask(ctx, c, aliveWithin)
	if err != nil {
		_ = c.Close()
		if e.docker.IsPodman(ctx) {
			err = errors.New("it is Podman, whose Docker-compatible socket has no BuildKit; it takes images with the input load, and something else has to build them: set `builder: local`, or the address of a BuildKit")
		}
		return nil, err
	}
	b := &Builder{
		Capabilities: said.as(plan.ContainerdEngineOf(e.docker.API)),
		Client:       c,
		ca:           engineCA,
		Name:         fmt.Sprintf("BuildKit inside %s", e),
		Stores:       true,
	}
	if said.labels[containerdLabel] == "" {
		// A graph driver: this BuildKit silently drops a push, and the
		// engine pushes what it has made.
		b.Name += ", which keeps images with a graph driver"
		b.Capabilities = said.as(plan.GraphDriverEngineOf(e.docker.API))
		b.store = dockerengine.NewStore(ctx, e.docker)
		b.stop = func(ctx context.Context) error { b.store.Close(ctx); return nil }
	}
	b.HostGateway = said.labels[gatewayLabel]
	return b, nil
}
