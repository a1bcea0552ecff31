package run

import (
	"bytes"
	"context"
	"io"
	stdlog "log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/report"
)

// takes is a maker without a builder: the image is in the registry already.
type takes struct{ image image.Image }

func (m takes) make(ctx context.Context, a *access) (Made, error) {
	return Made{Image: m.image, By: plan.Capabilities{PushByDigest: true}, ByName: "the registry"}, a.granted(ctx)
}

// TestMakerWithoutBuilder publishes an image that no builder has made: everything
// after making it needs none.
func TestMakerWithoutBuilder(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(discard())))
	t.Cleanup(server.Close)
	host, dir := strings.TrimPrefix(server.URL, "http://"), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	event := filepath.Join(dir, "event.json")
	if err := os.WriteFile(event, []byte(`{"ref":"refs/tags/v1.2.3","repository":{"default_branch":"main","visibility":"private"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	repo := repositories(t, host+"/octo/app")[0]
	index, err := random.Index(64, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(repo.Digest(digest.String()), index); err != nil {
		t.Fatal(err)
	}

	outputs, log := filepath.Join(dir, "outputs"), &bytes.Buffer{}
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/v1.2.3", "GITHUB_REPOSITORY": "octo/app", "GITHUB_SHA": strings.Repeat("a", 40),
		"GITHUB_EVENT_PATH": event, "GITHUB_OUTPUT": outputs, "INPUT_IMAGE": repo.Name(), "INPUT_FLOATING": "compat", "INPUT_TAGS": "type=semver,pattern={{version}}\nstable",
	}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	reporter, err := report.New(report.Options{Out: log, Lookup: lookup, Workspace: dir, Actions: true})
	if err != nil {
		t.Fatal(err)
	}
	var given []string
	for name := range env {
		given = append(given, name)
	}
	r, err := decide(t.Context(), Options{Lookup: lookup, Given: given, Workspace: dir, Report: reporter})
	if err != nil {
		t.Fatal(err)
	}
	r.maker = takes{image.Image{Digest: digest}}
	if err := r.walk(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	for _, tag := range []string{"1.2.3", "stable"} {
		held, err := remote.Head(repo.Tag(tag))
		if err != nil || held.Digest != digest {
			t.Errorf("%s is at %v, %v; want %s", repo.Tag(tag), held, err, digest)
		}
	}
	said, err := os.ReadFile(outputs)
	if err != nil || !bytes.Contains(said, []byte(digest.String())) {
		t.Errorf("outputs %q, %v; want the digest %s", said, err, digest)
	}
}

func discard() *stdlog.Logger { return stdlog.New(io.Discard, "", 0) }
