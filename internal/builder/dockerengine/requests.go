package dockerengine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/moby/moby/api/types/jsonstream"
	moby "github.com/moby/moby/client"
)

const (
	// requestWithin is how long an engine may leave a request without an answer. It
	// answers in milliseconds, and a busy machine in seconds: it may have to remove a
	// large image.
	requestWithin = 2 * time.Minute
	// pullWithin is how long its pull may get no further.
	pullWithin = 5 * time.Minute
)

// limits are those of what is asked of an engine. Requests are methods of docker, and
// each has the same limit. Streams, waits and connections that become ours are
// requested of docker.unlimited, and have limits of their own.
type limits struct {
	Request time.Duration // for an answer, or for the next part of what is sent
	Pull    time.Duration // for the next progress of a pull
	Silent  atomic.Bool   // the last request was not answered: the next one gets aliveWithin
}

// New returns a client of the engine at this host, each request of which has a limit.
func New(client *moby.Client, host string) Client {
	return Client{Unlimited: client, Limits: &limits{Request: requestWithin, Pull: pullWithin}, Host: host}
}

// SilentEngineError says that an engine has not answered a request.
type SilentEngineError struct {
	Engine Client
	Asked  string // to do what
	Within time.Duration
}

func (e *SilentEngineError) Error() string {
	return fmt.Sprintf("%s was asked %s, and has not answered within %s; see whether it hangs (docker info does then, too), restart it if so, and run this again", e.Engine, e.Asked, e.Within)
}

// request asks an engine for something. It may call heard when there is progress. The
// error is a *silentEngineError if there is no answer in time.
func request[T any](ctx context.Context, d Client, asked string, do func(ctx context.Context, heard func()) (T, error)) (T, error) {
	within := d.Limits.Request
	if d.Limits.Silent.Load() { // else an engine that hangs costs the whole limit again for all that is put right in the end
		within = min(within, AliveWithin)
	}
	asking, heard, stop := listen(ctx, "no answer", within)
	defer stop()
	answer, err := do(asking, heard)
	switch {
	case err != nil && silent(asking) != nil:
		d.Limits.Silent.Store(true)
		err = &SilentEngineError{Engine: d, Asked: asked, Within: within}
	case ctx.Err() == nil:
		d.Limits.Silent.Store(false)
	}
	return answer, err
}

// with is do of a request that takes options and has no progress.
func with[T, O any](do func(context.Context, O) (T, error), options O) func(context.Context, func()) (T, error) {
	return func(ctx context.Context, _ func()) (T, error) { return do(ctx, options) }
}

// of is with for a request about one thing.
func of[T, O any](do func(context.Context, string, O) (T, error), id string, options O) func(context.Context, func()) (T, error) {
	return func(ctx context.Context, _ func()) (T, error) { return do(ctx, id, options) }
}

// ServerVersion asks for the versions of the engine and of its parts.
func (d Client) ServerVersion(ctx context.Context) (moby.ServerVersionResult, error) {
	return request(ctx, d, "for its version", with(d.Unlimited.ServerVersion, moby.ServerVersionOptions{}))
}

// Info asks for what the engine is and how it keeps images.
func (d Client) Info(ctx context.Context) (moby.SystemInfoResult, error) {
	return request(ctx, d, "about itself", with(d.Unlimited.Info, moby.InfoOptions{}))
}

// ImageList lists the images of its store.
func (d Client) ImageList(ctx context.Context, o moby.ImageListOptions) (moby.ImageListResult, error) {
	return request(ctx, d, "to list images", with(d.Unlimited.ImageList, o))
}

// ImageInspect asks about one image.
func (d Client) ImageInspect(ctx context.Context, image string) (moby.ImageInspectResult, error) {
	return request(ctx, d, "about the image "+image, func(ctx context.Context, _ func()) (moby.ImageInspectResult, error) {
		return d.Unlimited.ImageInspect(ctx, image)
	})
}

// ImageTag gives an image one more name.
func (d Client) ImageTag(ctx context.Context, o moby.ImageTagOptions) error {
	_, err := request(ctx, d, fmt.Sprintf("to name the image %s %s", o.Source, o.Target), with(d.Unlimited.ImageTag, o))
	return err
}

// ImageRemove takes a name from an image, and removes it with the last.
func (d Client) ImageRemove(ctx context.Context, image string) error {
	_, err := request(ctx, d, "to remove the image "+image, of(d.Unlimited.ImageRemove, image, moby.ImageRemoveOptions{}))
	return err
}

// ImageImport makes an image of an archive.
func (d Client) ImageImport(ctx context.Context, archive io.Reader, repository, tag string) error {
	_, err := request(ctx, d, fmt.Sprintf("to make the image %s:%s", repository, tag), func(ctx context.Context, _ func()) (none struct{}, err error) {
		imported, err := d.Unlimited.ImageImport(ctx, moby.ImageImportSource{Source: archive, SourceName: "-"}, repository, moby.ImageImportOptions{Tag: tag})
		if err != nil {
			return none, err
		}
		defer imported.Close()
		return none, Refusal(imported)
	})
	return err
}

// ContainerList lists containers.
func (d Client) ContainerList(ctx context.Context, o moby.ContainerListOptions) (moby.ContainerListResult, error) {
	return request(ctx, d, "to list containers", with(d.Unlimited.ContainerList, o))
}

// ContainerInspect asks about one container.
func (d Client) ContainerInspect(ctx context.Context, id string) (moby.ContainerInspectResult, error) {
	return request(ctx, d, "about the container "+id, of(d.Unlimited.ContainerInspect, id, moby.ContainerInspectOptions{}))
}

// ContainerCreate makes a container.
func (d Client) ContainerCreate(ctx context.Context, o moby.ContainerCreateOptions) (moby.ContainerCreateResult, error) {
	return request(ctx, d, "to make the container "+o.Name, with(d.Unlimited.ContainerCreate, o))
}

// ContainerStart starts a container.
func (d Client) ContainerStart(ctx context.Context, id string) error {
	_, err := request(ctx, d, "to start the container "+id, of(d.Unlimited.ContainerStart, id, moby.ContainerStartOptions{}))
	return err
}

// ContainerRemove removes a container with its volumes, also if it runs.
func (d Client) ContainerRemove(ctx context.Context, id string) error {
	_, err := request(ctx, d, "to remove the container "+id, of(d.Unlimited.ContainerRemove, id, moby.ContainerRemoveOptions{RemoveVolumes: true, Force: true}))
	return err
}

// ExecCreate prepares a program in a container.
func (d Client) ExecCreate(ctx context.Context, id string, o moby.ExecCreateOptions) (moby.ExecCreateResult, error) {
	return request(ctx, d, "to run a program in the container "+id, of(d.Unlimited.ExecCreate, id, o))
}

// CopyToContainer unpacks an archive at the root of a container.
func (d Client) CopyToContainer(ctx context.Context, id string, archive io.Reader) error {
	_, err := request(ctx, d, "to take files for the container "+id, func(ctx context.Context, heard func()) (moby.CopyToContainerResult, error) {
		content := io.TeeReader(archive, hearing(heard))
		return d.Unlimited.CopyToContainer(ctx, id, moby.CopyToContainerOptions{DestinationPath: "/", Content: content})
	})
	return err
}

// hearing is called when something is written.
type hearing func()

func (h hearing) Write(p []byte) (int, error) {
	h()
	return len(p), nil
}

// ImagePull pulls an image without credentials.
func (d Client) ImagePull(ctx context.Context, image string) error {
	pulling, heard, stop := listen(ctx, "no progress", d.Limits.Pull)
	defer stop()
	response, err := d.Unlimited.ImagePull(pulling, image, moby.ImagePullOptions{})
	if err == nil {
		for message, broken := range response.JSONMessages(pulling) {
			heard()
			if message.Error != nil {
				err = message.Error
			}
			err = cmp.Or(broken, err)
		}
	}
	if late := silent(pulling); err != nil && late != nil {
		return fmt.Errorf("%s: %w", d, late)
	}
	return err
}

// Close drops the connections.
func (d Client) Close() error { return d.Unlimited.Close() }

// Refusal reads the engine's answer to its end, and returns what it refuses. An
// image that it cannot unpack it only mentions.
func Refusal(answer io.Reader) error {
	decoder := json.NewDecoder(answer)
	for {
		var message jsonstream.Message
		switch err := decoder.Decode(&message); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading its answer: %w", err)
		case message.Error != nil:
			return errors.New(message.Error.Message)
		case strings.HasPrefix(message.Stream, "Error"):
			return errors.New(strings.TrimSpace(message.Stream))
		}
	}
}
