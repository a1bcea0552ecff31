package publish_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/testenv"
)

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
	armv7 = v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
)

// pushOCI pushes an image by its digest as BuildKit does, and returns what an
// index says of it.
func pushOCI(t *testing.T, repos []name.Repository, config v1.ConfigFile, platform *ocispec.Platform, annotations map[string]string) ocispec.Descriptor {
	t.Helper()
	image, err := random.Image(512, 1)
	if err != nil {
		t.Fatal(err)
	}
	image = mutate.ConfigMediaType(mutate.MediaType(image, types.OCIManifestSchema1), types.OCIConfigJSON)
	made, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config.RootFS, config.History = made.RootFS, made.History
	if image, err = mutate.ConfigFile(image, &config); err != nil {
		t.Fatal(err)
	}
	size, err := image.Size()
	if err != nil {
		t.Fatal(err)
	}
	var pushed v1.Hash
	for _, repo := range repos {
		pushed = pushImage(t, repo, image)
	}
	return ocispec.Descriptor{
		MediaType: ocispec.MediaTypeImageManifest, Digest: digest.Digest(pushed.String()), Size: size, Platform: platform, Annotations: annotations,
	}
}

func pushPlatform(t *testing.T, repos []name.Repository, p v1.Platform) ocispec.Descriptor {
	t.Helper()
	config := v1.ConfigFile{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}
	return pushOCI(t, repos, config, &ocispec.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}, nil)
}

// pushAttestation pushes what BuildKit keeps beside an image.
func pushAttestation(t *testing.T, repos []name.Repository, of ocispec.Descriptor) ocispec.Descriptor {
	t.Helper()
	return pushOCI(t, repos, v1.ConfigFile{OS: "unknown", Architecture: "unknown"}, &ocispec.Platform{OS: "unknown", Architecture: "unknown"}, map[string]string{
		"vnd.docker.reference.digest": of.Digest.String(), "vnd.docker.reference.type": "attestation-manifest",
	})
}

type rawManifest []byte

func (r rawManifest) RawManifest() ([]byte, error)        { return r, nil }
func (r rawManifest) MediaType() (types.MediaType, error) { return types.OCIImageIndex, nil }

// indexOf is the index with these children in the form that is wanted.
func indexOf(t *testing.T, children ...ocispec.Descriptor) string {
	t.Helper()
	text, err := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: children})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pushNodeIndex pushes an index as a node does that has built several platforms,
// or one with its provenance.
func pushNodeIndex(t *testing.T, repos []name.Repository, children ...ocispec.Descriptor) v1.Hash {
	t.Helper()
	text := indexOf(t, children...)
	hash := mustHash(t, digest.FromString(text).String())
	for _, repo := range repos {
		if err := remote.Put(repo.Digest(hash.String()), rawManifest(text)); err != nil {
			t.Fatal(err)
		}
	}
	return hash
}

// TestAssemble joins what nodes have pushed: manifests, and indexes with and
// without attestations.
func TestAssemble(t *testing.T) {
	t.Parallel()
	host := testenv.NewRegistry(t, testenv.RegistryOptions{}).Host
	repos := []name.Repository{newRepository(t, host+"/app"), newRepository(t, host+"/other/app")}
	x, a, v7 := pushPlatform(t, repos, amd64), pushPlatform(t, repos, arm64), pushPlatform(t, repos, armv7)
	xSigned, aSigned := pushAttestation(t, repos, x), pushAttestation(t, repos, a)
	single := func(d ocispec.Descriptor, p v1.Platform) image.Part {
		return image.Part{Platforms: []v1.Platform{p}, Digest: mustHash(t, d.Digest.String())}
	}
	index := func(platforms []v1.Platform, children ...ocispec.Descriptor) image.Part {
		return image.Part{Platforms: platforms, Digest: pushNodeIndex(t, repos, children...)}
	}
	cases := map[string]struct {
		platforms []v1.Platform
		parts     []image.Part
		want      []ocispec.Descriptor
	}{
		"two manifests": {
			[]v1.Platform{amd64, arm64},
			[]image.Part{single(x, amd64), single(a, arm64)},
			[]ocispec.Descriptor{x, a},
		},
		"in the order that is wanted": {
			[]v1.Platform{armv7, arm64, amd64},
			[]image.Part{single(x, amd64), index([]v1.Platform{arm64, armv7}, a, v7)},
			[]ocispec.Descriptor{v7, a, x},
		},
		"attestations of both": {
			[]v1.Platform{amd64, arm64},
			[]image.Part{index([]v1.Platform{arm64}, a, aSigned), index([]v1.Platform{amd64}, x, xSigned)},
			[]ocispec.Descriptor{x, a, xSigned, aSigned},
		},
		"attestations of one": {
			[]v1.Platform{amd64, arm64},
			[]image.Part{single(x, amd64), index([]v1.Platform{arm64}, aSigned, a)},
			[]ocispec.Descriptor{x, a, aSigned},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			publisher := newPublisher(t, host, "", "")
			got, err := publisher.Assemble(t.Context(), repos, c.platforms, nil, c.parts)
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(c.parts)
			if again, err := publisher.Assemble(t.Context(), repos, c.platforms, nil, c.parts); err != nil || again != got {
				t.Errorf("Assemble in another order = %s, %v, want %s", again, err, got)
			}
			for _, repo := range repos {
				there, err := remote.Get(repo.Digest(got.String()))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(indexOf(t, c.want...), string(there.Manifest)); diff != "" || there.MediaType != types.OCIImageIndex {
					t.Errorf("%s has a %s, -want +got:\n%s", repo, there.MediaType, diff)
				}
			}
			tag := repos[1].Tag(got.Hex[:12])
			image, err := publisher.Tag(t.Context(), got, nil, []name.Tag{tag})
			if err != nil || len(image.Platforms) != len(c.platforms) || held(t, tag) != got.String() {
				t.Errorf("Tag = %+v, %v, and the registry answers %q; want every platform", image, err, held(t, tag))
			}
		})
	}
}

// TestAssembleWindows takes the version of the system out of the config: hosts
// choose by it.
func TestAssembleWindows(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host+"/app")
	repos, windows := []name.Repository{repo}, v1.Platform{OS: "windows", Architecture: "amd64"}
	x := pushPlatform(t, repos, amd64)
	w := pushOCI(t, repos, v1.ConfigFile{OS: "windows", Architecture: "amd64", OSVersion: "10.0.26100.1742", OSFeatures: []string{"win32k"}},
		&ocispec.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.26100.1742", OSFeatures: []string{"win32k"}}, nil)
	got, err := newPublisher(t, repo.RegistryStr(), "", "").Assemble(t.Context(), repos, []v1.Platform{amd64, windows}, nil, []image.Part{
		{Platforms: []v1.Platform{windows}, Digest: mustHash(t, w.Digest.String())},
		{Platforms: []v1.Platform{amd64}, Digest: mustHash(t, x.Digest.String())},
	})
	if err != nil {
		t.Fatal(err)
	}
	there, err := remote.Get(repo.Digest(got.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(indexOf(t, x, w), string(there.Manifest)); diff != "" {
		t.Errorf("the index, -want +got:\n%s", diff)
	}
}

// TestAssembleThatCannotBe puts no index.
func TestAssembleThatCannotBe(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/closed/") {
			return &testenv.Answer{Status: http.StatusForbidden, Body: `{"errors":[{"code":"DENIED","message":"not yours"}]}`}
		}
		return nil
	}})
	direct := []name.Repository{newRepository(t, upstream.Host+"/app"), newRepository(t, upstream.Host+"/closed/app")}
	x, a := pushPlatform(t, direct, amd64), pushPlatform(t, direct, arm64)
	xPart := image.Part{Platforms: []v1.Platform{amd64}, Digest: mustHash(t, x.Digest.String())}
	open, closed := newRepository(t, proxy.Host+"/app"), newRepository(t, proxy.Host+"/closed/app")
	cases := map[string]struct {
		repos []name.Repository
		parts []image.Part
		says  string
	}{
		"a platform that nobody built": {[]name.Repository{open}, []image.Part{xPart}, "no builder has pushed an image for linux/arm64"},
		"one image for two platforms":  {[]name.Repository{open}, []image.Part{{Platforms: []v1.Platform{amd64, arm64}, Digest: xPart.Digest}}, "it is one image, and not an index of 2"},
		"an image that is not there": {
			[]name.Repository{open},
			[]image.Part{xPart, {Platforms: []v1.Platform{arm64}, Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}}},
			"reading the pushed image " + proxy.Host + "/app@sha256:0000",
		},
		"a repository that takes none": {
			[]name.Repository{open, closed},
			[]image.Part{xPart, {Platforms: []v1.Platform{arm64}, Digest: mustHash(t, a.Digest.String())}},
			"pushing the index " + proxy.Host + "/closed/app@sha256:",
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := newPublisher(t, proxy.Host, "", "").Assemble(t.Context(), c.repos, []v1.Platform{amd64, arm64}, nil, c.parts)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Assemble = %v, want it to say %q", err, c.says)
			}
		})
	}
	t.Cleanup(func() {
		if puts := proxy.Count(http.MethodPut); puts != 2 {
			t.Errorf("%d indexes were put, want the last case's two alone", puts)
		}
	})
}
