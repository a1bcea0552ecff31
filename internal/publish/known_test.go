package publish_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

func TestTagsOfARepository(t *testing.T) {
	t.Parallel()
	host := testenv.NewRegistry(t, testenv.RegistryOptions{}).Host
	repo := newRepository(t, host+"/team/app")
	publisher := newPublisher(t, host, "", "")
	if tags, err := publisher.Tags(t.Context(), repo); err != nil || len(tags) > 0 {
		t.Errorf("Tags before there is anything = %q, %v, want none", tags, err)
	}
	digest := pushByDigest(t, repo)
	if _, err := publisher.Tag(t.Context(), digest, tagsOf(repo, "1.2.3", "2.0.0"), tagsOf(repo, "latest")); err != nil {
		t.Fatal(err)
	}
	tags, err := publisher.Tags(t.Context(), repo)
	if slices.Sort(tags); err != nil || !slices.Equal(tags, []string{"1.2.3", "2.0.0", "latest"}) {
		t.Errorf("Tags = %q, %v", tags, err)
	}
	down := newPublisher(t, "127.0.0.1:1", "", "")
	if _, err := down.Tags(t.Context(), newRepository(t, "127.0.0.1:1/team/app")); err == nil {
		t.Error("Tags of a registry that is down: no error")
	}
}

// TestMade finds commit and version wherever an image may say them.
func TestMade(t *testing.T) {
	t.Parallel()
	host := testenv.NewRegistry(t, testenv.RegistryOptions{}).Host
	const commit, key = "59b20b8d5c6ff8d09518216e87bc1e1a3c1d6f3e", "org.opencontainers.image."
	plain, err := random.Image(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{key + "revision": commit, key + "version": "1.2.3"}
	labelled, err := mutate.Config(plain, v1.Config{Labels: said})
	if err != nil {
		t.Fatal(err)
	}
	annotated, ok := mutate.Annotations(plain, maps.Clone(said)).(v1.Image)
	if !ok {
		t.Fatal("an annotated image is none")
	}
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: labelled})
	annotatedIndex, ok := mutate.Annotations(mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: plain}), maps.Clone(said)).(v1.ImageIndex)
	if !ok {
		t.Fatal("an annotated index is none")
	}
	repo := newRepository(t, host+"/team/app")
	publisher := newPublisher(t, host, "", "")
	for tag, c := range map[string]struct {
		push func(name.Tag) error
		want string
	}{
		"label":           {func(tag name.Tag) error { return remote.Write(tag, labelled) }, commit},
		"annotation":      {func(tag name.Tag) error { return remote.Write(tag, annotated) }, commit},
		"label-below":     {func(tag name.Tag) error { return remote.WriteIndex(tag, index) }, commit},
		"index":           {func(tag name.Tag) error { return remote.WriteIndex(tag, annotatedIndex) }, commit},
		"says-nothing":    {func(tag name.Tag) error { return remote.Write(tag, plain) }, ""},
		"empty-index":     {func(tag name.Tag) error { return remote.WriteIndex(tag, empty.Index) }, ""},
		"was-never-there": {func(name.Tag) error { return nil }, ""},
	} {
		if err := c.push(repo.Tag(tag)); err != nil {
			t.Fatal(err)
		}
		if got, err := publisher.Made(t.Context(), repo.Tag(tag)); err != nil || got.Commit != c.want || (got.Version == "1.2.3") != (c.want != "") {
			t.Errorf("Made(%s) = %+v, %v, want %q and its version", tag, got, err, c.want)
		}
	}
}
