package inputs_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
)

// ociLayout makes a layout of two images, latest and two.
func ociLayout(tb testing.TB, dir string) (latest, two v1.Hash) {
	tb.Helper()
	index, err := random.Index(10, 1, 0)
	if err != nil {
		tb.Fatal(err)
	}
	at, err := layout.Write(dir, index)
	if err != nil {
		tb.Fatal(err)
	}
	var digests [2]v1.Hash
	for i, tag := range []string{"latest", "two"} {
		image, err := random.Image(10, 1)
		if err == nil {
			err = at.AppendImage(image, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag}))
		}
		if err == nil {
			digests[i], err = image.Digest()
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return digests[0], digests[1]
}
