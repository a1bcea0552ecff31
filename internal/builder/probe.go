package builder

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/plan"
)

// containerdLabel is on the worker of an engine that keeps its images in
// containerd: its BuildKit can do everything.
const containerdLabel = "org.mobyproject.buildkit.worker.snapshotter"

// gatewayLabel is on the worker of an engine, with the address that host-gateway
// stands for (https://github.com/moby/moby/blob/v2.0.0-beta.24/daemon/internal/builder-next/worker/label/label.go).
const gatewayLabel = "org.mobyproject.buildkit.worker.moby.host-gateway-ip"

// answer is what a BuildKit says of itself.
type answer struct {
	plan.Capabilities
	labels map[string]string // of the first worker, which does the builds
}

// as returns what a BuildKit of this kind can do, on these platforms.
func (a answer) as(c plan.Capabilities) plan.Capabilities {
	c.Platforms, c.Version = a.Platforms, a.Version
	return c
}

// ask puts the first question, which is also the proof that something answers.
func ask(ctx context.Context, c *client.Client, limit time.Duration) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	workers, err := c.ListWorkers(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return answer{}, context.Cause(ctx)
	case err != nil:
		return answer{}, err
	case len(workers) == 0:
		return answer{}, errors.New("it has no worker")
	}
	a := answer{Capabilities: plan.BuildKitOf(workers[0].BuildkitVersion.Version), labels: workers[0].Labels}
	for _, worker := range workers {
		for _, p := range worker.Platforms {
			a.Platforms = append(a.Platforms, v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant})
		}
	}
	if len(a.Platforms) == 0 {
		return answer{}, errors.New("its workers name no platform")
	}
	return a, nil
}
