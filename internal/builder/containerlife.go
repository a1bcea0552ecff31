package builder

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/builder/launch"
)

// runningContainer is a container that run has made.
type runningContainer struct {
	docker   dockerengine.Client
	id, name string
	log      *launch.Tail // what it said on standard error
	conn     net.Conn     // nil until it is attached to
	started  bool
}

// start starts the container and waits for BuildKit's first answer.
func (c *runningContainer) start(ctx context.Context) (*Builder, error) {
	attached, err := dockerengine.Hijack(ctx, func(ctx context.Context) (moby.ContainerAttachResult, error) {
		return c.docker.Unlimited.ContainerAttach(ctx, c.id, moby.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to the container %s: %w", c.name, err)
	}
	c.conn = newStdio(attached.HijackedResponse, c.log)
	if err := c.docker.ContainerStart(ctx, c.id); err != nil {
		return nil, fmt.Errorf("starting the container %s: %w", c.name, err)
	}
	c.started = true
	buildkit, err := clientOver(ctx, c.conn)
	if err != nil {
		return nil, fmt.Errorf("connecting to the container %s: %w", c.name, err)
	}
	said, err := ask(ctx, buildkit, startWithin)
	if err != nil {
		_ = buildkit.Close()
		return nil, fmt.Errorf("waiting for BuildKit in the container %s: %w\n%s", c.name, err, c.log)
	}
	return &Builder{
		Capabilities: said.Capabilities,
		Client:       buildkit,
		stop:         func(ctx context.Context) error { return c.remove(context.WithoutCancel(ctx)) },
	}, nil
}

// remove ends the container and waits until the engine has removed it, or has at
// least begun to: removing much state takes long, and it does that by itself.
func (c *runningContainer) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin+killWithin)
	defer cancel()
	if c.started && c.ended(ctx) {
		return nil
	}
	if c.conn != nil {
		_ = c.conn.Close()
	}
	err := c.docker.ContainerRemove(ctx, c.id)
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) { // a conflict: it is being removed
		return fmt.Errorf("removing the container %s: %w", c.name, err)
	}
	return nil
}

// ended closes the connection and tells whether that was enough.
func (c *runningContainer) ended(ctx context.Context) bool {
	removed := c.docker.Unlimited.ContainerWait(ctx, c.id, moby.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	_ = c.conn.Close()
	select {
	case <-removed.Result:
		return true
	case err := <-removed.Error:
		if errdefs.IsNotFound(err) {
			return true
		}
	case <-time.After(stopWithin):
	}
	found, err := c.docker.ContainerInspect(ctx, c.id)
	return errdefs.IsNotFound(err) || err == nil && found.Container.State.Status == container.StateRemoving
}
