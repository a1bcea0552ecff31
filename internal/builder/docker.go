package builder

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/system"
	moby "github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"
)

// docker is a Docker engine that has answered. Several kinds of builder are
// reached through it.
type docker struct {
	unlimited *moby.Client
	limits    *limits
	host      string // DOCKER_HOST, or the socket that the runner mounts
	api       string // version that it speaks
}

// defaultSocket is where the docker program looks, and where the runner mounts the
// engine's.
const defaultSocket = "unix:///var/run/docker.sock"

// oldestAPI is Docker 20.10's. What older engines do with a build is not known
// here.
const oldestAPI = "1.41"

func dockerHost(o Options) string {
	host, _ := o.Lookup("DOCKER_HOST")
	return cmp.Or(host, defaultSocket)
}

// openDocker connects to the engine, and fails where nobody answers or where
// this process may not open the socket.
func openDocker(ctx context.Context, o Options) (docker, error) {
	d := newDocker(nil, dockerHost(o))
	secured, err := reachable(o, d.host)
	if err != nil {
		return d, err
	}
	if d.unlimited, err = moby.New(append(connection(d.host), secured...)...); err != nil {
		return d, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	said, err := d.unlimited.Ping(ctx, moby.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		err = fmt.Errorf("%w%s", err, contextAdvice(o))
	}
	if d.api = said.APIVersion; d.api != "" && versions.LessThan(d.api, oldestAPI) {
		err = fmt.Errorf("it speaks version %s of the API; version %s is needed, which Docker 20.10 was the first to have", d.api, oldestAPI)
	}
	if err != nil {
		_ = d.Close()
		return d, err
	}
	return d, nil
}

func (d docker) String() string { return "the Docker engine at " + d.host }

// isPodman tells whether it is Podman that answers as an engine would.
func (d docker) isPodman(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	said, err := d.ServerVersion(ctx)
	return err == nil && slices.ContainsFunc(said.Components, func(c system.ComponentVersion) bool { return strings.Contains(c.Name, "Podman") })
}
