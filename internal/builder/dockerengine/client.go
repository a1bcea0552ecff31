// Package dockerengine speaks to a Docker engine: what it is, what is in its image
// store, and what it pushes out of that.
package dockerengine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/system"
	moby "github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"
)

// Client is a Docker engine that has answered. Several kinds of builder are
// reached through it.
type Client struct {
	Unlimited *moby.Client
	Limits    *limits
	Host      string // DOCKER_HOST, or the socket that the runner mounts
	API       string // version that it speaks
}

// AnswerWithin is how long what may not be there at all has to answer its first
// question. Past that a run is better served by an error that names the address.
const AnswerWithin = 2500 * time.Millisecond

// AliveWithin is how long what has answered before may take on a busy machine.
const AliveWithin = 10 * time.Second

// defaultSocket is where the docker program looks, and where the runner mounts the
// engine's.
const defaultSocket = "unix:///var/run/docker.sock"

// oldestAPI is Docker 20.10's. What older engines do with a build is not known
// here.
const oldestAPI = "1.41"

func dockerHost(lookup func(string) (string, bool)) string {
	host, _ := lookup("DOCKER_HOST")
	return cmp.Or(host, defaultSocket)
}

// Open connects to the engine, and fails where nobody answers or where
// this process may not open the socket.
func Open(ctx context.Context, lookup func(string) (string, bool)) (Client, error) {
	d := New(nil, dockerHost(lookup))
	secured, err := reachable(lookup, d.Host)
	if err != nil {
		return d, err
	}
	if d.Unlimited, err = moby.New(append(connection(d.Host), secured...)...); err != nil {
		return d, err
	}
	ctx, cancel := context.WithTimeout(ctx, AnswerWithin)
	defer cancel()
	said, err := d.Unlimited.Ping(ctx, moby.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		err = fmt.Errorf("%w%s", err, contextAdvice(lookup))
	}
	if d.API = said.APIVersion; d.API != "" && versions.LessThan(d.API, oldestAPI) {
		err = fmt.Errorf("it speaks version %s of the API; version %s is needed, which Docker 20.10 was the first to have", d.API, oldestAPI)
	}
	if err != nil {
		_ = d.Close()
		return d, err
	}
	return d, nil
}

func (d Client) String() string { return "the Docker engine at " + d.Host }

// IsPodman tells whether it is Podman that answers as an engine would.
func (d Client) IsPodman(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, AnswerWithin)
	defer cancel()
	said, err := d.ServerVersion(ctx)
	return err == nil && slices.ContainsFunc(said.Components, func(c system.ComponentVersion) bool { return strings.Contains(c.Name, "Podman") })
}
