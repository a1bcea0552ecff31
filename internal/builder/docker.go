package builder

import (
	"cmp"
	"context"

	moby "github.com/moby/moby/client"
)

// docker is a Docker engine that has answered. Several kinds of builder are
// reached through it.
type docker struct {
	*moby.Client
	host string // DOCKER_HOST, or the socket that the runner mounts
}

func dockerHost(o Options) string {
	host, _ := o.Lookup("DOCKER_HOST")
	return cmp.Or(host, "unix:///var/run/docker.sock")
}

// openDocker connects to the engine, and fails where nobody answers or where
// this process may not open the socket.
func openDocker(ctx context.Context, o Options) (docker, error) {
	d := docker{host: dockerHost(o)}
	var err error
	if d.Client, err = moby.New(moby.WithHost(d.host)); err != nil {
		return d, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if _, err := d.Ping(ctx, moby.PingOptions{}); err != nil {
		_ = d.Close()
		return d, err
	}
	return d, nil
}

func (d docker) String() string { return "the Docker engine at " + d.host }
