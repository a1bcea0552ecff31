package builder

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestSilentPushOfAnEngine has a registry fall silent in the middle of an engine's push:
// each attempt is ended. The engine itself does not let go of the upload, so that the
// next attempt waits for it, too.
func TestSilentPushOfAnEngine(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.Method != http.MethodPut {
			return nil
		}
		return &testenv.Answer{Delay: time.Hour}
	}})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	engine.Forward(t, proxy.Host)
	b, err := Connect(t.Context(), Options{Want: "docker", Lookup: func(variable string) (string, bool) {
		if variable == "DOCKER_HOST" {
			return engine.Host, true
		}
		return "", false
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	importFile(t, b)
	tag, err := name.NewTag(proxy.Host + "/octo/silent:latest")
	if err != nil {
		t.Fatal(err)
	}
	retryPolicy := registry.PushRetryPolicy()
	retryPolicy.First, retryPolicy.Silence, retryPolicy.Tries = time.Millisecond, 5*time.Second, 2
	var said string
	retryPolicy.Notice = func(w registry.Wait) { said = w.String() }
	client := registry.NewClient(registry.Credentials{}, registry.Situation{})
	if _, _, err := b.Push(t.Context(), []name.Tag{tag}, client, retryPolicy); !registry.GaveUp(err) || !strings.Contains(err.Error(), "no progress within 5s") {
		t.Fatalf("Push = %v, want that it has given up, and says why", err)
	}
	if want := proxy.Host + ": no progress within 5s; trying again in "; !strings.HasPrefix(said, want) {
		t.Errorf("the wait is told as %q, want %q", said, want)
	}
}

// importFile puts an image of one file where a build would leave it.
func importFile(t *testing.T, b *Builder) {
	t.Helper()
	var archive bytes.Buffer
	files := tar.NewWriter(&archive)
	if err := errors.Join(files.WriteHeader(&tar.Header{Name: "file", Mode: 0o644}), files.Close()); err != nil {
		t.Fatal(err)
	}
	imported, err := b.store.Client.Unlimited.ImageImport(t.Context(), moby.ImageImportSource{Source: &archive, SourceName: "-"}, b.store.Name, moby.ImageImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer imported.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(imported); err != nil {
		t.Fatal(err)
	}
}
