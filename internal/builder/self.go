package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
)

// containerFile finds the id of a container in the mounts of its files.
var containerFile = regexp.MustCompile(`/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf) `)

// own is the container that this process runs in.
type own struct {
	image   string // id
	network string // bridge, or the name of the job's network
}

// findOwn looks for the container that this process runs in on this engine.
func findOwn(ctx context.Context, d dockerengine.Client) (own, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return own{}, fmt.Errorf("looking for our own container: %w", err)
	}
	id := containerFile.FindSubmatch(mounts)
	if id == nil {
		return own{}, errors.New("this process runs in no container of its own whose image it could use")
	}
	ctx, cancel := context.WithTimeout(ctx, aliveWithin)
	defer cancel()
	found, err := d.ContainerInspect(ctx, string(id[1]))
	if err != nil {
		return own{}, fmt.Errorf("looking for our own container: %w", err)
	}
	return own{image: found.Container.Image, network: string(found.Container.HostConfig.NetworkMode)}, nil
}
