package build

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestStalledExport has a store behind GitHub's cache that does not work at all,
// which BuildKit asks for sixteen minutes. The image is built once, and pushed.
func TestStalledExport(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base, b := testenv.BaseImage(t, registry.Host), connect(t)
	cache := testenv.NewGitHubCache(t, testenv.GitHubCacheOptions{Fault: testenv.Faults(testenv.Fault{
		Path: "/blobs/", Method: http.MethodPut, Answer: testenv.Answer{Status: http.StatusServiceUnavailable},
	})})
	service := inputs.CacheService{URL: cache.URL, Version: 2, Token: inputs.Secret(cache.Token("refs/heads/main"))}
	p := planFor(t, base, registry.Host+"/octo/stalled")
	p.CacheTo = []inputs.Cache{service.Cache(map[string]string{"scope": "s", "mode": "max", "ignore-error": "true"})}
	var log bytes.Buffer
	begun := time.Now()
	result, err := Solve(t.Context(), b, Request{Registries: anonymous(), Plan: p, Log: &log, StalledAfter: 2 * time.Second})
	if took := time.Since(begun); err != nil || took > 5*time.Minute {
		t.Fatalf("after %s: %v\n%s", took, err, log.String())
	}
	if result.Digest == (v1.Hash{}) || result.Steps != 3 || result.Cached > 1 {
		t.Errorf("digest %s, %d of %d steps from the cache: want what was built", result.Digest, result.Cached, result.Steps)
	}
	var said []string
	for _, w := range result.Warnings {
		said = append(said, w.Message)
	}
	if all := strings.Join(said, "\n"); strings.Count(all, "the export to GitHub's cache got no further\nthe run goes on without") != 1 {
		t.Errorf("it warns %q", said)
	}
}
