package image_test

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/image"
)

const index = `{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
	{"digest": "sha256:` + letters + `", "size": 5, "platform": {"os": "linux", "architecture": "arm64"}},
	{"digest": "sha256:` + letters + `", "size": 5, "platform": {"os": "unknown", "architecture": "unknown"}}]}`

const letters = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// Attestations stand in an index as an unknown platform, and are none.
func ExampleDescribe() {
	described := image.Describe(v1.Hash{}, []byte(index))
	for _, one := range described.Platforms {
		fmt.Println(one.Platform)
	}
	// Output: linux/arm64
}

// TestDescribe tells what the bytes tell, and never fails: the image is published
// already.
func TestDescribe(t *testing.T) {
	t.Parallel()
	config := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("b", 64)}
	manifest := `{"schemaVersion": 2, "config": {"digest": "` + config.String() + `", "size": 10}, "layers": [{"size": 100}, {"size": 1000}]}`
	if got := image.Describe(config, []byte(manifest)); got.Config != config || got.Size != 1110 || len(got.Platforms) > 0 {
		t.Errorf("Describe(manifest) = %+v, want its config and 1110 bytes", got)
	}
	for _, raw := range []string{"", "{", "null", "[]", `{"manifests": null}`} {
		if got := image.Describe(config, []byte(raw)); got.Digest != config || got.Size != 0 || len(got.Platforms) > 0 {
			t.Errorf("Describe(%q) = %+v, want the digest alone", raw, got)
		}
	}
	sizes := image.Image{Platforms: []image.Platform{{Platform: v1.Platform{OS: "linux", Architecture: "arm64"}, Size: 7}}}.Sizes()
	if len(sizes) != 1 || sizes["linux/arm64"] != 7 {
		t.Errorf("Sizes = %v", sizes)
	}
}
