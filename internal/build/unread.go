package build

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/registry"
)

// unread names the image in what BuildKit says of one that it could not read.
var unread = regexp.MustCompile(`failed to resolve source metadata for (\S+): `)

// pullFailed says what it means that an image of somebody else's could not be
// read. Any other error it returns without BuildKit's noise.
func pullFailed(ctx context.Context, err error, r Request) error {
	cause := &trimmed{err}
	found := unread.FindStringSubmatch(err.Error())
	if found == nil {
		return cause
	}
	image, parseErr := name.ParseReference(found[1])
	if refusal := registry.ReadRefusal(cause); parseErr != nil || refusal.Status == 0 && strings.HasSuffix(refusal.Words, "not found") {
		return cause
	}
	return r.Registries.Explain(ctx, registry.Pulling, "reading "+found[1], image.Context(), cause)
}

// importing begins the name of BuildKit's work of looking for a cache, which the
// reference follows.
const importing = "importing cache manifest from "

// warnOfCaches warns of caches that a registry does not let this run read:
// BuildKit goes on without. That there is none yet needs no word.
func (w *watcher) warnOfCaches(ctx context.Context) []Warning {
	var warnings []Warning
	for _, vertex := range w.vertices {
		ref, found := strings.CutPrefix(vertex.Name, importing)
		if !found || vertex.Error == "" {
			continue
		}
		cause := errors.New(vertex.Error)
		image, err := name.ParseReference(ref)
		if err != nil || !registry.ReadRefusal(cause).Denied() {
			continue
		}
		explained := w.request.Registries.Explain(ctx, registry.Pulling, "importing the cache "+ref, image.Context(), cause)
		if warning := (Warning{Message: explained.Error()}); !slices.Contains(warnings, warning) {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}
