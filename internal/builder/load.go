package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/moby/moby/api/types/system"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/plan"
)

// engineBeside is a Docker engine that does not build, and takes what another
// BuildKit has made.
type engineBeside struct {
	docker dockerengine.Client
	store  *dockerengine.Store // nil where images are kept in containerd
}

// putBeside connects a builder that is no engine to the one that the image is to
// be loaded into, where it is.
func (b *Builder) putBeside(ctx context.Context, o Options) error {
	if !o.Needs.Load || b.Load != plan.LoadNone {
		return nil
	}
	d, err := dockerengine.Open(ctx, o.Lookup)
	if err != nil {
		return fmt.Errorf("the input load needs %s: %w; set DOCKER_HOST to one that answers, or leave load out", d, err)
	}
	b.beside = &engineBeside{docker: d}
	if pushesByTag(ctx, d) {
		b.beside.store = dockerengine.NewStore(ctx, d)
	}
	b.Load = plan.LoadStream
	return nil
}

// pushesByTag tells whether other runs have this engine push out of its store: it is
// Docker, and keeps its images with a graph driver. Podman answers the same requests,
// and builds for nobody.
func pushesByTag(ctx context.Context, d dockerengine.Client) bool {
	ctx, cancel := context.WithTimeout(ctx, aliveWithin)
	defer cancel()
	version, err := d.ServerVersion(ctx)
	isDocker := func(part system.ComponentVersion) bool { return part.Name == "Engine" }
	if err != nil || !slices.ContainsFunc(version.Components, isDocker) {
		return false
	}
	said, err := d.Info(ctx)
	inContainerd := func(status [2]string) bool {
		return status[0] == "driver-type" && strings.HasPrefix(status[1], "io.containerd.")
	}
	return err == nil && !slices.ContainsFunc(said.Info.DriverStatus, inContainerd)
}

func (e *engineBeside) close(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if e.store != nil {
		e.store.Close(ctx)
	}
	return e.docker.Close()
}

// Loading is an image on its way into an engine's store. It is nowhere kept as a
// whole: what BuildKit writes is what the engine reads.
type Loading struct {
	load   func(image io.Reader) error
	cancel context.CancelFunc
	opened atomic.Bool
	done   chan struct{}
	err    error // written before done is closed
}

// Loading prepares to load one image into the engine beside the builder. It is
// nil where the builder's own engine stores what it builds. End must be called.
func (b *Builder) Loading(ctx context.Context) *Loading {
	if b.beside == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	return &Loading{
		load:   func(image io.Reader) error { return b.beside.load(ctx, image) },
		cancel: cancel,
		done:   make(chan struct{}),
	}
}

// Open returns where BuildKit writes the image, as docker save would. Closing it
// waits for the engine, so that a build fails whose image the engine refuses.
func (l *Loading) Open(map[string]string) (io.WriteCloser, error) {
	if l.opened.Swap(true) {
		return nil, errors.New("a second image came to be loaded")
	}
	reader, writer := io.Pipe()
	go func() {
		defer close(l.done)
		// The client would close what it can, and an engine that has seen the
		// end of the archive leaves what fills its last block unread.
		if l.err = l.load(struct{ io.Reader }{reader}); l.err != nil {
			_ = reader.CloseWithError(l.err) // never fails
		}
		_, _ = io.Copy(io.Discard, reader)
	}()
	return &loadWriter{PipeWriter: writer, loading: l}, nil
}

// loadWriter is the writing end of a Loading.
type loadWriter struct {
	*io.PipeWriter
	loading *Loading
}

// Close tells the engine that the image is whole, and waits for its answer.
func (w *loadWriter) Close() error {
	_ = w.PipeWriter.Close() // never fails
	<-w.loading.done
	return w.loading.err
}

// End stops what is under way and says why nothing was loaded. Whether the build
// has ended well decides if that was to be expected.
func (l *Loading) End(built bool) error {
	if l == nil {
		return nil
	}
	l.cancel()
	if !l.opened.Load() {
		if built {
			return errors.New("loading the image: BuildKit has sent none")
		}
		return nil
	}
	<-l.done
	if !built && errors.Is(l.err, context.Canceled) {
		return nil // the build is to blame
	}
	return l.err
}

// load streams an image into the engine's store.
func (e *engineBeside) load(ctx context.Context, image io.Reader) error {
	answer, err := e.docker.Unlimited.ImageLoad(ctx, image, moby.ImageLoadWithQuiet(true))
	if err == nil {
		err = errors.Join(dockerengine.Refusal(answer), answer.Close())
	}
	if err != nil {
		advice := ""
		if strings.Contains(err.Error(), "no space left on device") {
			advice = "; the disk of that engine is full: free some (docker system prune), or leave load out"
		}
		return fmt.Errorf("loading the image into %s: %w%s", e.docker, err, advice)
	}
	return nil
}
