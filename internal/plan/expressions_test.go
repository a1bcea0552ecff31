package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

func text(t *testing.T, written string) *metadata.Text {
	t.Helper()
	parsed, err := metadata.ParseText("cache-from", metadata.Line{Text: written})
	if err != nil || parsed == nil {
		t.Fatalf("ParseText(%q) = %v, %v", written, parsed, err)
	}
	return parsed
}

func textCache(t *testing.T, ref string) inputs.Cache {
	t.Helper()
	return inputs.Cache{Type: inputs.CacheRegistry, Attrs: attrs{"ref": ref}, Text: text(t, ref)}
}

// Build arguments get the version that is the output, and caches the references that
// their expressions make; one without a value is left out.
func TestExpressionsAreFilled(t *testing.T) {
	t.Parallel()
	plain := inputs.Cache{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "ghcr.io/octo/app:cache-main"}}
	in := inputs.Inputs{
		Images: []string{"app"}, Tags: rules(t, "type=ref,event=branch", "type=raw,value=two"),
		BuildArgs: map[string]string{"VERSION": "{{version}}", "OTHER": "{{version}}"},
		ArgTexts:  map[string]*metadata.Text{"VERSION": text(t, "{{version}}")},
		CacheFrom: []inputs.Cache{plain, textCache(t, "ghcr.io/octo/app:cache-{{branch}}"), textCache(t, "Octo/app:{{tag}}")},
		CacheTo:   []inputs.Cache{textCache(t, "ghcr.io/Octo/app:cache-{{branch}}-{{version}}")},
	}
	written := cmp.Diff(in.BuildArgs, map[string]string{})
	p, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"VERSION": "main", "OTHER": "{{version}}"}, p.Build.Args); diff != "" {
		t.Errorf("arguments, -want +got:\n%s", diff)
	}
	var refs []string
	for _, cache := range append(append([]inputs.Cache{}, p.Build.CacheFrom...), p.Build.CacheTo...) {
		refs = append(refs, cache.Attrs["ref"])
	}
	if diff := cmp.Diff([]string{"ghcr.io/octo/app:cache-main", "ghcr.io/octo/app:cache-main-main"}, refs); diff != "" {
		t.Errorf("caches, -want +got:\n%s", diff)
	}
	if len(p.Notices) != 1 || p.Notices[0] != "the cache Octo/app:{{tag}} in cache-from is left out: an expression in it is empty in this run" {
		t.Errorf("notices %q, want one about the cache that is left out", p.Notices)
	}
	if cmp.Diff(in.BuildArgs, map[string]string{}) != written {
		t.Error("New has changed the inputs")
	}
}

// What comes of expressions is looked at as if it had been written.
func TestFilledValuesAreChecked(t *testing.T) {
	t.Parallel()
	secret := inputs.Inputs{
		Secrets:   map[string]inputs.Secret{"key": "mainmain"},
		BuildArgs: map[string]string{"A": "x"}, ArgTexts: map[string]*metadata.Text{"A": text(t, "{{branch}}{{branch}}")},
	}
	if _, err := plan.New(secret, pushOf("refs/heads/main")); err == nil || !strings.Contains(err.Error(), "passing the build argument A: it holds a secret of this step") {
		t.Errorf("New = %v, want the secret found", err)
	}
	own := inputs.Inputs{Images: []string{"app"}, CacheTo: []inputs.Cache{textCache(t, "ghcr.io/octo/app:{{version}}")}}
	if _, err := plan.New(own, pushOf("refs/heads/main")); err == nil || !strings.Contains(err.Error(), "that is a tag of the image, which the cache would replace") {
		t.Errorf("New = %v, want the image's tag kept", err)
	}
}
