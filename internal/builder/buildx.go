package builder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/builder/launch"
)

// buildxPrefix starts the names of buildx's builder containers; the builder's
// name and its node's number follow
// (https://github.com/docker/buildx/blob/v0.37.2/driver/docker-container/factory.go).
const buildxPrefix = "buildx_buildkit_"

// adopted is a running builder container that buildx has made, as
// docker/setup-buildx-action does. It belongs to somebody else and stays.
type adopted struct {
	docker dockerengine.Client
	name   string // of the builder, whose first node is taken; empty: of the only one
}

func (a adopted) String() string {
	if a.name != "" {
		return fmt.Sprintf("the builder %s of docker/setup-buildx-action on %s", a.name, a.docker)
	}
	return "a builder container of docker/setup-buildx-action on " + a.docker.String()
}

func (a adopted) connect(ctx context.Context) (*Builder, error) {
	id, name, err := a.find(ctx)
	if err != nil {
		return nil, err
	}
	exec, err := a.docker.ExecCreate(ctx, id, moby.ExecCreateOptions{
		AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: []string{"buildctl", "dial-stdio"},
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", name, err)
	}
	attached, err := dockerengine.Hijack(ctx, func(ctx context.Context) (moby.ExecAttachResult, error) {
		return a.docker.Unlimited.ExecAttach(ctx, exec.ID, moby.ExecAttachOptions{})
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", name, err)
	}
	log := &launch.Tail{}
	c, err := clientOver(ctx, newStdio(attached.HijackedResponse, log))
	if err != nil {
		attached.Close()
		return nil, fmt.Errorf("connecting to %s: %w", name, err)
	}
	said, err := ask(ctx, c, aliveWithin)
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("asking %s: %w\n%s", name, err, log)
	}
	return &Builder{
		Capabilities: said.Capabilities,
		Client:       c,
		ca:           daemonCA,
		Name:         fmt.Sprintf("BuildKit in the builder container %s on %s", name, a.docker),
	}, nil
}

// find returns the builder container that runs and has the name, or without a name
// the only one. Nothing tells which job made one, so that of several none is taken.
func (a adopted) find(ctx context.Context) (id, name string, err error) {
	ctx, cancel := context.WithTimeout(ctx, aliveWithin)
	defer cancel()
	list, err := a.docker.ContainerList(ctx, moby.ContainerListOptions{
		Filters: moby.Filters{}.Add("name", "^/?"+buildxPrefix).Add("status", "running"),
	})
	if err != nil {
		return "", "", err
	}
	builders := slices.DeleteFunc(list.Items, func(c container.Summary) bool { return builderName(c) == "" })
	names := make([]string, len(builders))
	for i, c := range builders {
		names[i] = builderName(c)
	}
	switch at := slices.Index(names, buildxPrefix+a.name+"0"); {
	case a.name != "" && at >= 0:
		return builders[at].ID, names[at], nil
	case a.name != "":
		return "", "", fmt.Errorf("its container %s0 does not run there (%s); the input builder takes auto, docker, container, local, an address, or the name of such a builder",
			buildxPrefix+a.name, cmp.Or(strings.Join(names, ", "), "nor does another"))
	case len(builders) == 0:
		return "", "", errors.New("there is none")
	case len(builders) > 1:
		return "", "", fmt.Errorf("there are several, and they may be other jobs': %s", strings.Join(names, ", "))
	}
	return builders[0].ID, names[0], nil
}

// builderName returns the name of a container that buildx has made, or "". Such
// a container has the name, and its state on a volume that is named after it.
// It has no label to know it by.
func builderName(c container.Summary) string {
	for _, name := range c.Names {
		name = strings.TrimPrefix(name, "/")
		if !strings.HasPrefix(name, buildxPrefix) {
			continue
		}
		for _, mount := range c.Mounts {
			if mount.Name == name+"_state" && mount.Destination == stateDir {
				return name
			}
		}
	}
	return ""
}
