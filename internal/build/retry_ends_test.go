package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// lines calls once when it is given a text that holds a word.
type lines struct {
	bytes.Buffer
	word string
	once sync.Once
	call func()
}

func (l *lines) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.word) {
		l.once.Do(l.call)
	}
	return l.Buffer.Write(p)
}

// TestSolveOutlivesARestart stops the registry during the last step, and starts it
// when BuildKit has given up.
func TestSolveOutlivesARestart(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	log := &lines{word: "RUN head", call: upstream.Stop}
	p := planFor(t, base, upstream.Host+"/app")
	file, err := os.ReadFile(p.Dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	slow := strings.Replace(string(file), "> /random", "> /random; sleep 3", 1)
	if err := os.WriteFile(p.Dockerfile, []byte(slow), 0o600); err != nil {
		t.Fatal(err)
	}
	retryPolicy := registry.PushRetryPolicy()
	retryPolicy.First = 10 * time.Millisecond
	retryPolicy.Notice = func(w registry.Wait) {
		fmt.Fprintln(log, w)
		upstream.Restart()
	}
	result, err := Solve(t.Context(), b, Request{Registries: anonymous(), Plan: p, Log: log, RetryPolicy: retryPolicy})
	if err != nil || !strings.Contains(log.String(), "connection refused; trying again in") {
		t.Fatalf("Solve = %v, want it to push again\n%s", err, log)
	}
	if _, err := remote.Get(p.PushTo[0].Digest(result.Digest.String())); err != nil {
		t.Errorf("the image is not there: %v", err)
	}
}

// TestSolveEndsWithItsContext cancels during a wait.
func TestSolveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	f := newFlaky(t, upstream.Host, 1000, isManifestPut, testenv.Answer{Status: 404, Body: words("BLOB_UNKNOWN", "blob unknown to registry")})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	signal := errors.New("terminated signal received")
	var log bytes.Buffer
	var at time.Time
	retryPolicy := registry.PushRetryPolicy()
	retryPolicy.Notice = func(registry.Wait) {
		at = time.Now()
		cancel(signal)
	}
	_, err := Solve(ctx, b, Request{Registries: anonymous(), Plan: planFor(t, base, f.Host+"/app"), Log: &log, RetryPolicy: retryPolicy})
	if !errors.Is(err, signal) || time.Since(at) > 30*time.Second {
		t.Errorf("Solve = %v, %s after it was cancelled, want the reason at once", err, time.Since(at))
	}
}

// TestPushTagsAgain fails the second of three tags.
func TestPushTagsAgain(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	for i, fails := range []int32{1, 1000} {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			t.Parallel()
			second := func(r *http.Request) bool { return isManifestPut(r) && strings.HasSuffix(r.URL.Path, "/1.2") }
			f := newFlaky(t, upstream.Host, fails, second, testenv.Answer{Status: 404, Body: words("BLOB_UNKNOWN", "blob unknown to registry")})
			var log bytes.Buffer
			request := Request{Registries: anonymous(), Plan: planFor(t, base, fmt.Sprintf("%s/app%d", f.Host, i)), Log: &log, RetryPolicy: f.retryPolicy(&log)}
			built, err := Solve(t.Context(), b, request)
			if err != nil {
				t.Fatal(err)
			}
			repo := request.Plan.PushTo[0]
			tags := []name.Tag{repo.Tag("1.2.3"), repo.Tag("1.2"), repo.Tag("latest")}
			pushed, moved, err := PushTags(t.Context(), b, request, tags)
			if fails == 1 {
				if err != nil || len(moved) != 3 || pushed.Digest != built.Digest || len(pushed.Manifest) == 0 {
					t.Errorf("PushTags = %v, %v, %v, want all tags at %s", pushed, moved, err, built.Digest)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), "after 4 attempts") || len(moved) != 1 || moved[0] != tags[0] {
				t.Errorf("PushTags = %v, %v, want that only %s moved", moved, err, tags[0])
			}
		})
	}
}

// TestSolveKeepsWhatItCached fails the push once, with a cache beside it.
func TestSolveKeepsWhatItCached(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, upstream.Host), connect(t)
	cache := upstream.Host + "/app:cache"
	f := newFlaky(t, upstream.Host, 1, func(r *http.Request) bool {
		if !isManifestPut(r) {
			return false
		}
		ref, err := name.NewTag(cache)
		for deadline := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if _, err := remote.Head(ref); err == nil {
				break
			}
		}
		time.Sleep(200 * time.Millisecond) // until BuildKit has noted it
		return true
	}, testenv.Answer{Status: 404, Body: words("BLOB_UNKNOWN", "blob unknown to registry")})
	var log bytes.Buffer
	p := planFor(t, base, f.Host+"/app")
	p.CacheTo = []inputs.Cache{{Type: "registry", Attrs: map[string]string{"ref": cache}}}
	if _, err := Solve(t.Context(), b, Request{Registries: anonymous(), Plan: p, Log: &log, RetryPolicy: f.retryPolicy(&log)}); err != nil {
		t.Fatalf("Solve = %v\n%s", err, &log)
	}
	before, after, _ := strings.Cut(log.String(), "trying again")
	if !strings.Contains(before, diagnose.ExportingCache) || strings.Contains(after, diagnose.ExportingCache) {
		t.Errorf("want the cache to be exported once:\n%s", &log)
	}
}
