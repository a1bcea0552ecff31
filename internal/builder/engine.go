package builder

import (
	"cmp"
	"context"
	"fmt"
	"net"

	"github.com/moby/buildkit/client"
	moby "github.com/moby/moby/client"
)

// engine is the BuildKit inside a Docker engine.
type engine struct {
	host string // DOCKER_HOST, or the socket that the runner mounts
}

func newEngine(o Options) engine {
	host, _ := o.Lookup("DOCKER_HOST")
	return engine{host: cmp.Or(host, "unix:///var/run/docker.sock")}
}

func (e engine) String() string { return "the Docker engine at " + e.host }

func (e engine) connect(ctx context.Context) (*Builder, error) {
	docker, err := moby.New(moby.WithHost(e.host))
	if err != nil {
		return nil, err
	}
	builder, err := e.buildkit(ctx, docker)
	if err != nil {
		_ = docker.Close()
		return nil, err
	}
	return builder, nil
}

// buildkit connects to the engine's BuildKit: its control API and its sessions
// are two connections, each an HTTP request that the engine hijacks.
func (e engine) buildkit(ctx context.Context, docker *moby.Client) (*Builder, error) {
	pingCtx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if _, err := docker.Ping(pingCtx, moby.PingOptions{}); err != nil {
		return nil, err
	}
	opts := append(unstall(),
		client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return docker.DialHijack(ctx, "/grpc", "h2c", nil)
		}),
		client.WithSessionDialer(func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return docker.DialHijack(ctx, "/session", proto, meta)
		}))
	c, err := client.New(ctx, "", opts...)
	if err != nil {
		return nil, err
	}
	said, err := ask(ctx, c)
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	b := &Builder{
		Capabilities: said.Capabilities,
		Client:       c,
		Name:         fmt.Sprintf("BuildKit inside %s", e),
		Stores:       true,
		stop:         docker.Close,
	}
	if said.labels[containerdLabel] == "" {
		// A graph driver: this BuildKit drops a push without a word, and the
		// engine pushes what it has made.
		b.Name += ", which keeps images with a graph driver"
		b.PushByDigest, b.PushByTag = false, true
		b.push = enginePusher{docker}.push
	}
	return b, nil
}
