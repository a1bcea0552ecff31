package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// jobHost is what a runner runs jobs on: an engine that has the action's image.
type jobHost struct {
	*actionImage
	owner  string // of the repositories of its jobs, on GitHub
	engine *testenv.Engine
	docker *moby.Client

	graphDriver bool
	host        string // of the registry, for the engine and its containers
}

func (a *actionImage) newJobHost(t *testing.T, owner string, options testenv.EngineOptions) *jobHost {
	t.Helper()
	options.Trust = a.ca
	m := &jobHost{actionImage: a, owner: owner, engine: testenv.NewEngine(t, options), graphDriver: options.GraphDriver || options.Old}
	m.engine.Forward(t, a.store.Host)
	m.host = m.engine.Expose(t, a.registry.Host)
	docker, err := moby.New(moby.WithHost(m.engine.Host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docker.Close() })
	m.docker = docker
	m.pull(t, a.ref)
	return m
}

// pull is docker pull from the open registry.
func (m *jobHost) pull(t *testing.T, ref string) {
	t.Helper()
	pulling, err := m.docker.ImagePull(t.Context(), ref, moby.ImagePullOptions{})
	if err == nil {
		err = pulling.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// base is the base image, for a FROM. It wants the login.
func (m *jobHost) base() string { return m.host + "/base/busybox:latest" }

// image is what a repository of the machine is published as, without the host.
func (m *jobHost) image(repository string) string {
	return strings.ToLower(m.owner) + "/" + repository
}

// published is the digest that the registry answers for a repository's latest.
func (m *jobHost) published(t *testing.T, repository string) string {
	t.Helper()
	return remoteDigest(t, m.registry.Host+"/"+m.image(repository)+":latest", m.reach()...)
}

// left lists what is in an engine for everybody to see: containers, volumes,
// networks, and images with and without a name.
func (m *jobHost) left(t *testing.T) []string {
	t.Helper()
	ctx := t.Context()
	containers, err := m.docker.ContainerList(ctx, moby.ContainerListOptions{All: true})
	volumes, err2 := m.docker.VolumeList(ctx, moby.VolumeListOptions{})
	networks, err3 := m.docker.NetworkList(ctx, moby.NetworkListOptions{})
	images, err4 := m.docker.ImageList(ctx, moby.ImageListOptions{All: true})
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range containers.Items {
		all = append(all, "container "+strings.Join(c.Names, " ")+" of "+c.Image)
	}
	for _, v := range volumes.Items {
		all = append(all, "volume "+v.Name)
	}
	for _, n := range networks.Items {
		all = append(all, "network "+n.Name)
	}
	for _, i := range images.Items {
		all = append(all, "image "+i.ID+" "+strings.Join(i.RepoTags, " "))
	}
	slices.Sort(all)
	return all
}

// service starts a registry with TLS as a service container of a job: in the
// job's network, whose name it returns, it is registry:5000.
func (m *jobHost) service(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cert, key := m.ca.Server("a service container")
	for file, content := range map[string][]byte{
		"cert.pem": cert, "key.pem": key,
		"config.yml": []byte(`{"version": "0.1", "storage": {"inmemory": {}}, "http": {"addr": ":5000", "tls": {"certificate": "/etc/cert.pem", "key": "/etc/key.pem"}}}`),
	} {
		mustWrite(t, filepath.Join(dir, file), content)
	}
	image := testenv.PushFiles(t, m.store.Host+"/library/registry:3", map[string]string{"bin/registry": testenv.Tool(t, "registry"), "etc": dir}, "OTEL_TRACES_EXPORTER=none")
	m.pull(t, image)

	const job = "github_network_53269bd575974817b43f4733536b200c"
	ctx := t.Context()
	if _, err := m.docker.NetworkCreate(ctx, job, moby.NetworkCreateOptions{}); err != nil {
		t.Fatal(err)
	}
	created, err := m.docker.ContainerCreate(ctx, moby.ContainerCreateOptions{
		Config:           &container.Config{Image: image, Cmd: []string{"/bin/registry", "serve", "/etc/config.yml"}},
		HostConfig:       &container.HostConfig{NetworkMode: job},
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{job: {Aliases: []string{"registry"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		_, err := m.docker.ContainerRemove(ctx, created.ID, moby.ContainerRemoveOptions{Force: true})
		_, err2 := m.docker.NetworkRemove(ctx, job, moby.NetworkRemoveOptions{})
		if err := errors.Join(err, err2); err != nil {
			t.Error(err)
		}
	})
	if _, err := m.docker.ContainerStart(ctx, created.ID, moby.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	return job
}
