package testenv

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	moby "github.com/moby/moby/client"
)

// engineLimit is for one request to an engine.
const engineLimit = 2 * time.Minute

// Container is a privileged container on the network of its engine.
type Container struct {
	Name      string
	Image     string // pulled when it is not there
	Program   []string
	Volume    string // name of a volume
	MountedAt string // where that is
}

// Run starts a container, which ends with its engine.
func (e *Engine) Run(t T, c Container) {
	t.Helper()
	e.ask(t, "running the container "+c.Name, func(ctx context.Context, docker *moby.Client) error {
		pulled, err := docker.ImagePull(ctx, c.Image, moby.ImagePullOptions{})
		if err == nil {
			err = pulled.Wait(ctx)
		}
		if err != nil {
			return err
		}
		made, err := docker.ContainerCreate(ctx, moby.ContainerCreateOptions{
			Name:   c.Name,
			Config: &container.Config{Image: c.Image, Entrypoint: c.Program},
			HostConfig: &container.HostConfig{
				Privileged: true, NetworkMode: "host",
				Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: c.Volume, Target: c.MountedAt}},
			},
		})
		if err == nil {
			_, err = docker.ContainerStart(ctx, made.ID, moby.ContainerStartOptions{})
		}
		return err
	})
}

// RunBuilder starts a builder container as buildx makes one, and returns when its
// BuildKit answers, as docker/setup-buildx-action does. The image is BuildkitImage's.
func (e *Engine) RunBuilder(t T, name, image string) {
	t.Helper()
	e.Run(t, Container{Name: name, Image: image, Program: []string{"/usr/bin/buildkitd"}, Volume: name + "_state", MountedAt: "/var/lib/buildkit"})
	e.ask(t, "waiting for BuildKit in the container "+name, func(ctx context.Context, docker *moby.Client) error {
		for {
			code, said, err := execIn(ctx, docker, name, "buildctl", "debug", "workers")
			if err != nil || code == 0 {
				return err
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("exit code %d: %s", code, said)
			case <-time.After(pollInterval):
			}
		}
	})
}

// execIn runs a program in a container to its end.
func execIn(ctx context.Context, docker *moby.Client, id string, program ...string) (code int, said []byte, err error) {
	made, err := docker.ExecCreate(ctx, id, moby.ExecCreateOptions{Cmd: program, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return 0, nil, err
	}
	attached, err := docker.ExecAttach(ctx, made.ID, moby.ExecAttachOptions{})
	if err != nil {
		return 0, nil, err
	}
	defer attached.Close()
	if said, err = io.ReadAll(attached.Reader); err != nil {
		return 0, nil, err
	}
	for { // its output ends before it does
		ended, err := docker.ExecInspect(ctx, made.ID, moby.ExecInspectOptions{})
		if err != nil || !ended.Running {
			return ended.ExitCode, said, err
		}
		time.Sleep(pollInterval)
	}
}

// RemoveContainers kills and removes every container of the engine.
func (e *Engine) RemoveContainers(t T) {
	t.Helper()
	e.ask(t, "removing containers", func(ctx context.Context, docker *moby.Client) error {
		list, err := docker.ContainerList(ctx, moby.ContainerListOptions{All: true})
		if err != nil {
			return err
		}
		for _, c := range list.Items {
			if _, err := docker.ContainerRemove(ctx, c.ID, moby.ContainerRemoveOptions{Force: true, RemoveVolumes: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

// ask speaks with the engine's API.
func (e *Engine) ask(t T, doing string, question func(context.Context, *moby.Client) error) {
	t.Helper()
	docker, err := moby.New(moby.WithHost(e.Host))
	if err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), engineLimit)
		defer cancel()
		err = question(ctx, docker)
		_ = docker.Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
}
