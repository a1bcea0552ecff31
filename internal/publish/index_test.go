package publish_test

import (
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/testenv"
)

// pushIndex pushes an index by its digest as BuildKit does: an image for each
// platform, and for each of those an attestation of an unknown platform. It
// returns what publish should make of it.
func pushIndex(t *testing.T, repo name.Repository, platforms ...v1.Platform) image.Image {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	want := image.Image{}
	add := func(platform v1.Platform, layers int64, annotations map[string]string) image.Platform {
		one, err := random.Image(512*layers, layers)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := one.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		digest, err := one.Digest()
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: one, Descriptor: v1.Descriptor{Platform: &platform, Annotations: annotations},
		})
		size := manifest.Config.Size
		for _, layer := range manifest.Layers {
			size += layer.Size
		}
		return image.Platform{Platform: platform, Digest: digest, Config: manifest.Config.Digest, Size: size}
	}
	for i, platform := range platforms {
		child := add(platform, int64(i+1), nil)
		add(v1.Platform{OS: "unknown", Architecture: "unknown"}, 1, map[string]string{
			"vnd.docker.reference.digest": child.Digest.String(), "vnd.docker.reference.type": "attestation-manifest",
		})
		want.Platforms = append(want.Platforms, child)
		want.Size += child.Size
	}
	if len(platforms) == 1 {
		want.Config = want.Platforms[0].Config
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	want.Digest = digest
	if err := remote.WriteIndex(repo.Digest(digest.String()), index); err != nil {
		t.Fatal(err)
	}
	return want
}

// sameImage compares field by field: Platform has no ==.
func sameImage(t *testing.T, got, want image.Image) {
	t.Helper()
	if got.Digest != want.Digest || got.Config != want.Config || got.Size != want.Size || len(got.Platforms) != len(want.Platforms) {
		t.Fatalf("Tag = %+v, want %+v", got, want)
	}
	for i, child := range got.Platforms {
		wanted := want.Platforms[i]
		if !child.Platform.Equals(wanted.Platform) || child.Digest != wanted.Digest || child.Config != wanted.Config || child.Size != wanted.Size {
			t.Errorf("platform %d is %+v, want %+v", i, child, wanted)
		}
	}
}

func TestTagOfAnIndexTellsItsPlatforms(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host+"/app")
	cases := []struct {
		name      string
		platforms []v1.Platform
	}{
		{"one platform with its attestation", []v1.Platform{{OS: "linux", Architecture: "amd64"}}},
		{"two platforms", []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}},
		{"a variant", []v1.Platform{{OS: "linux", Architecture: "arm", Variant: "v7"}, {OS: "linux", Architecture: "arm", Variant: "v6"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := pushIndex(t, repo, c.platforms...)
			tag := repo.Tag(want.Digest.Hex[:12])
			got, err := newPublisher(t, repo.RegistryStr(), "", "").Tag(t.Context(), want.Digest, nil, []name.Tag{tag})
			if err != nil {
				t.Fatal(err)
			}
			sameImage(t, got, want)
			if got := held(t, tag); got != want.Digest.String() {
				t.Errorf("the registry answers %q for %s, want %s", got, tag, want.Digest)
			}
		})
	}
}

// TestTagOfAnIndexWithoutItsSizes is a registry that fails only after every tag
// has moved, when nothing but a size is missing.
func TestTagOfAnIndexWithoutItsSizes(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	pushed := newRepository(t, upstream.Host+"/app")
	want := pushIndex(t, pushed, v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"})
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if isManifest(r, http.MethodGet, want.Platforms[1].Digest.String()) {
			return &testenv.Answer{Status: http.StatusNotFound}
		}
		return nil
	}})
	repo := newRepository(t, proxy.Host+"/app")
	got, err := newPublisher(t, proxy.Host, "", "").Tag(t.Context(), want.Digest, nil, tagsOf(repo, "latest"))
	if err != nil {
		t.Fatalf("Tag = %v, although every tag has moved", err)
	}
	want.Platforms[1].Config, want.Platforms[1].Size = v1.Hash{}, 0
	want.Size = 0 // half of it would be wrong
	sameImage(t, got, want)
}
