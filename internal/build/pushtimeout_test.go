package build

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestSolveEndsASilentPush has a registry fall silent in the middle of a push by a real
// BuildKit, which would wait for ever: the attempt is ended, and the next one pushes.
func TestSolveEndsASilentPush(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	for i, c := range []struct {
		name    string
		matches func(*http.Request) bool
	}{
		{"at first", isFirst}, {"in the middle", isUpload}, {"at last", isManifestPut},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFlaky(t, upstream.Host, 1, c.matches, testenv.Answer{Delay: time.Hour})
			var log bytes.Buffer
			retryPolicy := f.retryPolicy(&log)
			retryPolicy.Push = 20 * time.Second // in which the second attempt must push
			_, err := Solve(bounded(t), b, Request{
				Registries: anonymous(), Plan: planFor(t, base, fmt.Sprintf("%s/silent%d", f.Host, i)), Log: &log, RetryPolicy: retryPolicy,
			})
			if err != nil {
				t.Fatalf("Solve = %v, want it to push again\n%s", err, &log)
			}
			if says := f.Host + ": no end of the push within "; f.waits.Load() != 1 || !strings.Contains(log.String(), says) {
				t.Errorf("waited %d times, want once, and the log is to say %q:\n%s", f.waits.Load(), says, &log)
			}
		})
	}
}

// TestSolveGivesUpASilentPush has a registry that stays silent.
func TestSolveGivesUpASilentPush(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	f := newFlaky(t, upstream.Host, 100, isUpload, testenv.Answer{Delay: time.Hour})
	var log bytes.Buffer
	retryPolicy := f.retryPolicy(&log)
	retryPolicy.Push, retryPolicy.Tries = time.Second, 2
	_, err := Solve(bounded(t), b, Request{Registries: anonymous(), Plan: planFor(t, base, f.Host+"/silent"), Log: &log, RetryPolicy: retryPolicy})
	for _, want := range []string{"after 2 attempts: pushing with " + b.Name + ": no end of the push within ", "; " + f.Host + " is silent or too slow"} {
		if !registry.GaveUp(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("Solve = %v, want that it has given up, and says %q", err, want)
		}
	}
}

// bounded ends a solve that hangs, so that the test fails and is run again: without,
// the whole package waits for go test's own limit. A push whose end nobody waits for
// has hung on a busy machine, and why is not known.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestImageSize compares what a builder shows of an image while it pushes it with what
// the registry has.
func TestImageSize(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	for title, platforms := range map[string][]v1.Platform{
		"image": nil, "index": {{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p := planFor(t, base, upstream.Host+"/weighed/"+title)
			if err := os.WriteFile(p.Dockerfile, []byte("FROM scratch\nCOPY Dockerfile /\n# "+title+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p.Platforms = platforms
			var weighed int64
			result, err := Solve(t.Context(), b, Request{
				Registries: anonymous(), Plan: p, Log: &bytes.Buffer{},
				Pushing: func(digest v1.Hash) { weighed = imageSize(t.Context(), b, digest) },
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := sizeIn(t, p.PushTo[0].Digest(result.Digest.String())); weighed != want {
				t.Errorf("imageSize = %d, want %d", weighed, want)
			}
		})
	}
	if got := imageSize(t.Context(), b, v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}); got != unknownSize {
		t.Errorf("imageSize = %d of what is not there, want %d", got, int64(unknownSize))
	}
}

// sizeIn adds up the configs and layers of an image or index.
func sizeIn(t *testing.T, ref name.Reference) int64 {
	t.Helper()
	found, err := remote.Get(ref)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	if found.MediaType.IsIndex() {
		index, err := v1.ParseIndexManifest(bytes.NewReader(found.Manifest))
		if err != nil {
			t.Fatal(err)
		}
		for _, child := range index.Manifests {
			total += sizeIn(t, ref.Context().Digest(child.Digest.String()))
		}
		return total
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(found.Manifest))
	if err != nil {
		t.Fatal(err)
	}
	total = manifest.Config.Size
	for _, layer := range manifest.Layers {
		total += layer.Size
	}
	return total
}
