package builder

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/moby/api/types/container"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// fallingSilent is an engine behind a proxy that takes requests and does not answer them,
// while it is told to.
type fallingSilent struct {
	*testenv.Proxy
	silent atomic.Bool
}

func newFallingSilent(t *testing.T) *fallingSilent {
	t.Helper()
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	f := &fallingSilent{}
	f.Proxy = testenv.NewProxy(t, engine.OverTCP(t), testenv.ProxyOptions{Fault: func(int, *http.Request) *testenv.Answer {
		if f.silent.Load() {
			return &testenv.Answer{Delay: time.Hour}
		}
		return nil
	}})
	return f
}

func (f *fallingSilent) options() Options {
	return Options{Want: "docker", Lookup: func(variable string) (string, bool) {
		if variable == "DOCKER_HOST" {
			return "tcp://" + f.Host, true
		}
		return "", false
	}}
}

// TestSilentEngine puts every kind of request to an engine that has fallen silent.
func TestSilentEngine(t *testing.T) {
	t.Parallel()
	f := newFallingSilent(t)
	ask := map[string]func(context.Context, dockerengine.Client) error{
		"for its version": func(ctx context.Context, d dockerengine.Client) error { _, err := d.ServerVersion(ctx); return err },
		"about itself":    func(ctx context.Context, d dockerengine.Client) error { _, err := d.Info(ctx); return err },
		"to list images": func(ctx context.Context, d dockerengine.Client) error {
			_, err := d.ImageList(ctx, moby.ImageListOptions{})
			return err
		},
		"about the image octo/app:1": func(ctx context.Context, d dockerengine.Client) error {
			_, err := d.ImageInspect(ctx, "octo/app:1")
			return err
		},
		"to name the image octo/app:1 octo/app:2": func(ctx context.Context, d dockerengine.Client) error {
			return d.ImageTag(ctx, moby.ImageTagOptions{Source: "octo/app:1", Target: "octo/app:2"})
		},
		"to remove the image octo/app:1": func(ctx context.Context, d dockerengine.Client) error { return d.ImageRemove(ctx, "octo/app:1") },
		"to make the image octo/app:1": func(ctx context.Context, d dockerengine.Client) error {
			return d.ImageImport(ctx, bytes.NewReader(make([]byte, 1024)), "octo/app", "1")
		},
		"to list containers": func(ctx context.Context, d dockerengine.Client) error {
			_, err := d.ContainerList(ctx, moby.ContainerListOptions{})
			return err
		},
		"about the container id": func(ctx context.Context, d dockerengine.Client) error {
			_, err := d.ContainerInspect(ctx, "id")
			return err
		},
		"to make the container id": func(ctx context.Context, d dockerengine.Client) error {
			_, err := d.ContainerCreate(ctx, moby.ContainerCreateOptions{Config: &container.Config{Image: "octo/app:1"}, Name: "id"})
			return err
		},
		"to start the container id":  func(ctx context.Context, d dockerengine.Client) error { return d.ContainerStart(ctx, "id") },
		"to remove the container id": func(ctx context.Context, d dockerengine.Client) error { return d.ContainerRemove(ctx, "id") },
		"to run a program in the container id": func(ctx context.Context, d dockerengine.Client) error {
			_, err := d.ExecCreate(ctx, "id", moby.ExecCreateOptions{Cmd: []string{"true"}})
			return err
		},
		"to take files for the container id": func(ctx context.Context, d dockerengine.Client) error {
			return d.CopyToContainer(ctx, "id", bytes.NewReader(make([]byte, 1024)))
		},
	}
	d, err := dockerengine.Open(t.Context(), f.options().Lookup)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for what, do := range ask { // that it does without complaint of silence
		if err := do(t.Context(), d); errors.As(err, new(*dockerengine.SilentEngineError)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	f.silent.Store(true)
	for what, do := range ask {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := dockerengine.New(d.Unlimited, d.Host)
			d.Limits.Request = time.Second
			want := "the Docker engine at tcp://" + f.Host + " was asked " + what + ", and has not answered within 1s; see whether it hangs"
			if err := do(t.Context(), d); err == nil || !strings.HasPrefix(err.Error(), want) || !errors.As(err, new(*dockerengine.SilentEngineError)) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
	t.Run("in the middle of an answer", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`[{"Id":`))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}))
		t.Cleanup(server.Close)
		client, err := moby.New(moby.WithHost("tcp://"+strings.TrimPrefix(server.URL, "http://")), moby.WithAPIVersion("1.44"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		d := dockerengine.New(client, server.URL)
		d.Limits.Request = time.Second
		if _, err := d.ImageList(t.Context(), moby.ImageListOptions{}); !errors.As(err, new(*dockerengine.SilentEngineError)) {
			t.Errorf("ImageList = %v", err)
		}
	})
	t.Run("a pull", func(t *testing.T) {
		t.Parallel()
		d := dockerengine.New(d.Unlimited, d.Host)
		d.Limits.Pull = time.Second
		if err := d.ImagePull(t.Context(), "octo/app:1"); err == nil || !strings.HasSuffix(err.Error(), "no progress within 1s") {
			t.Errorf("ImagePull = %v", err)
		}
	})
}

// TestEngineFallsSilentInARun has an engine fall silent when the image is built. All that
// a run does with its store then ends, and says why.
func TestEngineFallsSilentInARun(t *testing.T) {
	t.Parallel()
	f := newFallingSilent(t)
	d, err := dockerengine.Open(t.Context(), f.options().Lookup)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	d.Limits.Request = time.Second
	b := &Builder{store: dockerengine.NewStore(t.Context(), d)}
	importFile(t, b)
	tag, err := name.NewTag("127.0.0.1:1/octo/silent:latest")
	if err != nil {
		t.Fatal(err)
	}
	retryPolicy := registry.PushRetryPolicy()
	retryPolicy.First, retryPolicy.Tries = time.Millisecond, 2
	var said []string
	retryPolicy.Notice = func(w registry.Wait) { said = append(said, w.String()) }
	f.silent.Store(true)
	for what, do := range map[string]func() error{
		"publishing": func() error { _, err := b.Alone(t.Context(), tag.Repository, func() {}); return err },
		"loading":    func() error { return b.NameStored(t.Context(), []name.Tag{tag}) },
		"pushing": func() error {
			_, _, err := b.Push(t.Context(), []name.Tag{tag}, registry.NewClient(registry.Credentials{}, registry.Situation{}), retryPolicy)
			if !registry.GaveUp(err) {
				t.Errorf("it is not tried again: %v", err)
			}
			return err
		},
	} {
		if err := do(); !errors.As(err, new(*dockerengine.SilentEngineError)) {
			t.Errorf("%s: %v", what, err)
		} else if text := err.Error(); strings.Count(text, f.Host) != 1 || !strings.Contains(text, "has not answered within 1s") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if want := "the Docker engine at tcp://" + f.Host + ": no answer within 1s when asked "; len(said) != 1 || !strings.HasPrefix(said[0], want) {
		t.Errorf("the wait is told as %q, want %q", said, want)
	}
	if !d.Limits.Silent.Load() {
		t.Error("it is not noted that the engine is silent")
	}
	b.store.Close(t.Context())

	f.silent.Store(false)
	for range 100 { // a busy engine may be late
		if _, err = d.ServerVersion(t.Context()); err == nil {
			break
		}
	}
	if err != nil || d.Limits.Silent.Load() {
		t.Errorf("it is not noted that the engine answers again: %v", err)
	}
}
