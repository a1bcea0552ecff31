package builder

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
)

// Elsewhere says what the Docker engine beside a BuildKit knows of an image that
// this BuildKit could not read: that the engine has it in its store, or else that it
// pulls images of Docker Hub through mirrors. Both are empty if the engine builds by
// itself, if there is none, and if image names none.
func (b *Builder) Elsewhere(ctx context.Context, image string) (stored, mirrored string) {
	ref, err := name.ParseReference(image)
	if err != nil || b.Stores || b.options.Lookup == nil {
		return "", ""
	}
	d, err := dockerengine.Open(ctx, b.options.Lookup)
	if err != nil {
		return "", ""
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if _, err := d.ImageInspect(ctx, image); err == nil {
		return fmt.Sprintf("%s has %s in its store, which only its own BuildKit sees: set `builder: docker`, push the image to a registry, or hand it over as an OCI layout with the input build-contexts", d, image), ""
	}
	if ref.Context().RegistryStr() != name.DefaultRegistry {
		return "", ""
	}
	about, err := d.Info(ctx)
	if err == nil && about.Info.RegistryConfig != nil && len(about.Info.RegistryConfig.Mirrors) > 0 {
		mirrored = fmt.Sprintf("%s pulls from Docker Hub through %s, and this builder does not know that mirror: set `builder: docker`, use a BuildKit that has the mirror in its buildkitd.toml, or name the mirror in FROM", d, strings.Join(about.Info.RegistryConfig.Mirrors, " and "))
	}
	return "", mirrored
}
