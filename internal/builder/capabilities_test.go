package builder_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/testenv"
)

// Every builder says of itself what it can do.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	engine := func(options testenv.EngineOptions) func(*testing.T) builder.Options {
		return func(t *testing.T) builder.Options {
			e := testenv.NewEngine(t, options)
			return builder.Options{Want: "docker", Lookup: environment(map[string]string{"DOCKER_HOST": e.Host})}
		}
	}
	gateway := func(c plan.Capabilities) plan.Capabilities {
		c.HostGateway = testenv.BridgeIP
		return c
	}
	cases := map[string]struct {
		options func(*testing.T) builder.Options
		want    plan.Capabilities
	}{
		"buildkitd": {
			func(t *testing.T) builder.Options {
				return builder.Options{Want: testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address, Lookup: environment(nil)}
			}, plan.BuildKit(),
		},
		"Docker 29 with containerd":     {engine(testenv.EngineOptions{}), gateway(plan.ContainerdEngineOf("1.56"))},
		"Docker 29 with a graph driver": {engine(testenv.EngineOptions{GraphDriver: true}), gateway(plan.GraphDriverEngineOf("1.56"))},
		"Docker 20.10":                  {engine(testenv.EngineOptions{Old: true}), plan.GraphDriverEngineOf("1.41")},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			b, err := builder.Connect(t.Context(), c.options(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
			if len(b.Platforms) == 0 {
				t.Error("it names no platform")
			}
			c.want.Platforms, c.want.Version = b.Platforms, b.Version
			if diff := cmp.Diff(c.want, b.Capabilities); diff != "" {
				t.Errorf("capabilities, -want +got:\n%s", diff)
			}
		})
	}
}

// A BuildKit without an image store loads into the engine beside it, which is
// looked for when that is wanted.
func TestEngineBeside(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	for _, wanted := range []bool{true, false} {
		b, err := builder.Connect(t.Context(), builder.Options{
			Want: daemon.Address, Needs: plan.Needs{Load: wanted}, Lookup: environment(map[string]string{"DOCKER_HOST": engine.Host}),
		})
		if err != nil {
			t.Fatal(err)
		}
		loading := b.Loading(t.Context())
		if (loading != nil) != wanted || (b.Load == plan.LoadStream) != wanted {
			t.Errorf("load wanted: %v; it has %v and says %v", wanted, loading, b.Load)
		}
		_ = loading.End(false)
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
