package builder

import (
	"archive/tar"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/builder/launch"
	"github.com/slipway-build/slipway/internal/inputs"
)

// containerLabel marks the containers that this package has made.
const containerLabel = "build.slipway.builder"

// copiedTo is where our program is put in an image that is not ours.
const copiedTo = "/slipway"

// builder container is a privileged container beside ours, with buildkitd and a state that
// nobody else has. Its process 1 is this program (Serve), whose standard input
// is our connection: the engine closes that when we end, however we end, and the
// container then stops and the engine removes it.
type builderContainer struct {
	docker     dockerengine.Client
	image      string // input builder-image; empty: the image that we run from
	volume     string // input builder-volume; empty: one that is gone afterwards
	executable string // this program
	lookup     func(string) (string, bool)

	ca    []byte               // of registries in PEM, besides those of the image
	allow []inputs.Entitlement // what its steps are to have
}

func newBuilderContainer(d dockerengine.Client, o Options) builderContainer {
	return builderContainer{
		docker: d, image: o.Image, volume: o.Volume, executable: o.Executable, lookup: o.Lookup,
		ca: o.RegistryCA, allow: o.Needs.Entitlements,
	}
}

func (s builderContainer) String() string { return "a container of its own on " + s.docker.String() }

func (s builderContainer) connect(ctx context.Context) (*Builder, error) {
	config, host, err := s.configure(ctx)
	if err != nil {
		return nil, err
	}
	go s.removeStale(context.WithoutCancel(ctx), time.Now()) //nolint:forbidigo // how old a container is tells only the clock
	b, err := s.run(ctx, config, host)
	if err != nil && s.volume != "" && strings.Contains(err.Error(), lockedState) {
		host.Mounts = []mount.Mount{{Type: mount.TypeVolume, Target: stateDir}}
		if b, err = s.run(ctx, config, host); err == nil {
			b.Name += fmt.Sprintf(", without the volume %s, which another run uses", s.volume)
		}
	}
	return b, err
}

// lockedState is what buildkitd says of a state that another one uses
// (https://github.com/moby/buildkit/blob/v0.33.1/cmd/buildkitd/main.go).
const lockedState = "another instance running"

// configure says how the container is to be. It shares our network, so that a
// host name or a port means the same to both, and keeps no log: its output is
// the connection.
func (s builderContainer) configure(ctx context.Context) (*container.Config, *container.HostConfig, error) {
	image, network, program := s.image, "host", copiedTo
	found, err := findOwn(ctx, s.docker)
	if err == nil {
		network = found.network
	}
	if image == "" {
		if err != nil {
			return nil, nil, fmt.Errorf("%w; set the input builder-image to an image with buildkitd, such as moby/buildkit", err)
		}
		if _, err := (child{lookup: s.lookup}).find("buildkitd"); err != nil {
			return nil, nil, errors.New("the image that this process runs from has no buildkitd; set the input builder-image to one that has")
		}
		image, program = found.image, s.executable
	}
	command := []string{ServeCommand}
	if s.volume != "" {
		command = append(command, serveAndKeep)
	}
	for _, kind := range kinds(s.allow) {
		command = append(command, string(kind))
	}
	env := proxies(s.lookup)
	if len(s.ca) > 0 {
		env = trusting(env, copiedCA)
	}
	config := &container.Config{
		Image:        image,
		Entrypoint:   []string{program},
		Cmd:          command,
		Env:          env,
		Labels:       map[string]string{containerLabel: "sibling"},
		AttachStdin:  true,
		AttachStdout: true,
		AttachStderr: true,
		OpenStdin:    true,
		StdinOnce:    true,
	}
	host := &container.HostConfig{
		Privileged:  true,
		AutoRemove:  true,
		NetworkMode: container.NetworkMode(network),
		LogConfig:   container.LogConfig{Type: "none"},
		Mounts:      []mount.Mount{{Type: mount.TypeVolume, Source: s.volume, Target: stateDir}},
	}
	return config, host, nil
}

// run makes and starts the container and connects to it.
func (s builderContainer) run(ctx context.Context, config *container.Config, host *container.HostConfig) (*Builder, error) {
	name := "slipway-" + strings.ToLower(rand.Text()[:12])
	id, err := s.create(ctx, name, config, host)
	if err != nil {
		return nil, fmt.Errorf("making the container %s: %w", name, err)
	}
	running := &runningContainer{docker: s.docker, id: id, name: name, log: &launch.Tail{}}
	b, err := running.start(ctx)
	if err != nil {
		return nil, errors.Join(err, running.remove(context.WithoutCancel(ctx)))
	}
	b.Git = s.image != "" || (child{lookup: s.lookup}).hasGit() // the same image
	b.Name = fmt.Sprintf("BuildKit in the container %s, made for this run from %s on %s", name, config.Image, s.docker)
	return b, nil
}

// create makes the container, with our program in it. An image that is not there
// is pulled first, without credentials.
func (s builderContainer) create(ctx context.Context, name string, config *container.Config, host *container.HostConfig) (id string, err error) {
	options := moby.ContainerCreateOptions{Config: config, HostConfig: host, Name: name}
	made, err := s.docker.ContainerCreate(ctx, options)
	if errdefs.IsNotFound(err) && s.image != "" {
		if err := s.pull(ctx); err != nil {
			return "", err
		}
		made, err = s.docker.ContainerCreate(ctx, options)
	}
	if err == nil && s.image != "" {
		err = s.copyProgram(ctx, made.ID)
	}
	if err == nil {
		err = s.copyCA(ctx, made.ID)
	}
	if err != nil { // the engine may have made it all the same
		removing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		_ = s.docker.ContainerRemove(removing, name)
		return "", err
	}
	return made.ID, nil
}

func (s builderContainer) pull(ctx context.Context) error {
	if err := s.docker.ImagePull(ctx, s.image); err != nil {
		return fmt.Errorf("pulling %s: %w", s.image, err)
	}
	return nil
}

// copyProgram puts our program into a container, which need not have a shell or
// a library: it is linked statically.
func (s builderContainer) copyProgram(ctx context.Context, id string) error {
	program, err := os.Open(s.executable)
	if err != nil {
		return err
	}
	defer program.Close()
	about, err := program.Stat()
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	defer reader.Close()
	go func() {
		archive := tar.NewWriter(writer)
		err := archive.WriteHeader(&tar.Header{Name: strings.TrimPrefix(copiedTo, "/"), Mode: 0o755, Size: about.Size()})
		if err == nil {
			_, err = io.Copy(archive, program)
		}
		_ = writer.CloseWithError(errors.Join(err, archive.Close()))
	}()
	return s.docker.CopyToContainer(ctx, id, reader)
}

// stale is how old a builder container is that does not run, and that its run cannot have
// removed any more: it was never started, or the engine forgot to remove it. One
// that runs ends with its run.
const stale = 10 * time.Minute

// removeStale removes what dead runs have left at a time. What cannot be removed
// is left to the next run.
func (s builderContainer) removeStale(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	list, err := s.docker.ContainerList(ctx, moby.ContainerListOptions{All: true, Filters: moby.Filters{}.Add("label", containerLabel)})
	if err != nil {
		return
	}
	for _, c := range list.Items {
		age := now.Sub(time.Unix(c.Created, 0))
		if c.State != container.StateRunning && age > stale {
			_ = s.docker.ContainerRemove(ctx, c.ID)
		}
	}
}
