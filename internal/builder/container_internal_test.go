package builder

import (
	"slices"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestStaleBuilderContainers leaves containers on an engine as dead runs do, and looks at
// which of them a later run takes for stale.
func TestStaleBuilderContainers(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	engine.Forward(t, registry.Host)
	client, err := moby.New(moby.WithHost(engine.Host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	s := builderContainer{docker: dockerengine.New(client, engine.Host), image: testenv.BaseImage(t, registry.Host).Name()}
	if err := s.pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	leave := func(name string, labels map[string]string, running bool) {
		made, err := client.ContainerCreate(t.Context(), moby.ContainerCreateOptions{
			Name:       name,
			Config:     &container.Config{Image: s.image, Entrypoint: []string{"/bin/sh", "-c", "sleep 1000"}, Labels: labels},
			HostConfig: &container.HostConfig{NetworkMode: "none"},
		})
		if err == nil && running {
			_, err = client.ContainerStart(t.Context(), made.ID, moby.ContainerStartOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ours := map[string]string{containerLabel: "sibling"}
	leave("never-started", ours, false)
	leave("running", ours, true)
	leave("somebody-elses", nil, false)

	now := time.Now()
	for _, c := range []struct {
		later time.Duration
		want  []string
	}{
		{0, []string{"/never-started", "/running", "/somebody-elses"}},
		{11 * time.Minute, []string{"/running", "/somebody-elses"}},
		{100 * time.Hour, []string{"/running", "/somebody-elses"}},
	} {
		s.removeStale(t.Context(), now.Add(c.later))
		list, err := client.ContainerList(t.Context(), moby.ContainerListOptions{All: true})
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, item := range list.Items {
			left = append(left, item.Names...)
		}
		slices.Sort(left)
		if !slices.Equal(left, c.want) {
			t.Errorf("after %s there are %q, want %q", c.later, left, c.want)
		}
	}
}
