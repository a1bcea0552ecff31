package solveopt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// A cache that is not there yet is left out, and its directory not made. The
// plan keeps its attributes: BuildKit's client adds to those that it gets.
func TestCacheImports(t *testing.T) {
	t.Parallel()
	there, absent := t.TempDir(), filepath.Join(t.TempDir(), "absent")
	if err := os.WriteFile(filepath.Join(there, "index.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := plan.Build{CacheFrom: []inputs.Cache{
		{Type: inputs.CacheLocal, Attrs: map[string]string{"src": absent}},
		{Type: inputs.CacheLocal, Attrs: map[string]string{"src": there}},
		{Type: inputs.CacheS3, Attrs: map[string]string{"bucket": "b"}, Secrets: map[string]inputs.Secret{"secret_access_key": "s3cr3t"}},
	}}
	var log strings.Builder
	got := CacheImports(p, &log)
	want := []client.CacheOptionsEntry{
		{Type: "local", Attrs: map[string]string{"src": there}},
		{Type: "s3", Attrs: map[string]string{"bucket": "b", "secret_access_key": "s3cr3t"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("imports differ (-want, +got):\n%s", diff)
	}
	if !strings.Contains(log.String(), "importing no cache from "+absent) || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("the log says %q", log.String())
	}
	got[0].Attrs["digest"] = "x"
	if _, changed := p.CacheFrom[1].Attrs["digest"]; changed {
		t.Error("the plan has changed")
	}
}
