package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// Whatever a ref, an image and a tag hold, the answer is a plan with legal
// names, or a refusal.
func FuzzNew(f *testing.F) {
	for _, seed := range [][3]string{
		{"refs/heads/main", "", ""},
		{"refs/tags/v1.2.3", "app", "1.2.3"},
		{"refs/heads/a$(id)::set-output name=x::y%0A", "Acme/App", "ghcr.io/acme/app"},
		{"", "localhost:5000/app", "GHCR.io/Acme/App:RC"},
		{"refs/pull/12/merge", "docker.io/app", "a b"},
		{"refs/heads/日本", "my_host.example.com/app", "a.b/c:1@sha256:0"},
		{"refs/heads/" + strings.Repeat("a", 300), "[::1]:5000/app", strings.Repeat("a", 129)},
		{"refs/", "ghcr.io/x", "ghcr.io/:1"},
		{"refs/heads/x", "a..b/c", ":5000/x:1"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, ref, image, tag string) {
		parsed, err := metadata.ParseTags(lines(given(tag)...))
		if err != nil {
			return // package metadata fuzzes that
		}
		in := inputs.Inputs{Images: given(image), Tags: parsed}
		got, err := plan.New(in, pushOf(ref))
		if err != nil {
			if len(refusals(t, err)) == 0 || len(got.Publish.Tags) > 0 {
				t.Errorf("New(%q, %q, %q) = %v with tags %v, want refusals and no plan", ref, image, tag, err, got.Publish.Tags)
			}
			return
		}
		if len(got.Publish.Tags) == 0 || len(got.Publish.Version) == 0 {
			t.Errorf("New(%q, %q, %q) = tags %v, version %q, want the first tag", ref, image, tag, got.Publish.Tags, got.Publish.Version)
		}
		for _, published := range got.Publish.Tags {
			checkTag(t, published)
			if !slices.Contains(got.Build.PushTo, published.Repository) {
				t.Errorf("New(%q, %q, %q) pushes to %v, want it to hold %s", ref, image, tag, got.Build.PushTo, published)
			}
		}
	})
}

func given(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// checkTag holds a tag to the grammars of both libraries that will see it.
func checkTag(t *testing.T, tag name.Tag) {
	t.Helper()
	if parsed, err := name.NewTag(tag.Name(), name.StrictValidation); err != nil || parsed.Repository != tag.Repository || parsed.TagStr() != tag.TagStr() {
		t.Errorf("tag %q is not what go-containerregistry reads: %v", tag.Name(), err)
	}
	named, err := reference.Parse(tag.Name())
	if err != nil {
		t.Fatalf("tag %q is no reference: %v", tag.Name(), err)
	}
	tagged, ok := named.(reference.NamedTagged)
	if !ok || tagged.Tag() != tag.TagStr() || reference.Domain(tagged) != tag.RegistryStr() || reference.Path(tagged) != tag.RepositoryStr() {
		t.Errorf("tag %q is not the reference that it looks like: %v", tag.Name(), named)
	}
	if strings.ToLower(tag.Repository.Name()) != tag.Repository.Name() || len(tag.TagStr()) > 128 {
		t.Errorf("tag %q has capitals in its path, or a long tag", tag.Name())
	}
}
