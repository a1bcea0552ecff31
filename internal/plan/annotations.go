package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
)

// unplaced notices annotations that are for an index alone, of an image that has
// none: it is of one platform and without attestations.
func unplaced(own []metadata.Annotation, index bool) []string {
	if index {
		return nil
	}
	var notices []string
	for _, a := range own {
		elsewhere := func(other metadata.Annotation) bool { return other.Key == a.Key && !ofIndex(other) }
		if ofIndex(a) && !slices.ContainsFunc(own, elsewhere) {
			notices = append(notices, fmt.Sprintf("the annotation %s is left out: it is for an index, and an image of one platform without attestations has none", a))
		}
	}
	return notices
}

func ofIndex(a metadata.Annotation) bool {
	return a.Level == metadata.Index || a.Level == metadata.IndexDescriptor
}

// IndexAnnotations are those of the index that the nodes' images are joined in.
func (b Build) IndexAnnotations() map[string]string {
	annotations := map[string]string{}
	for _, a := range b.Annotations {
		if a.Level == metadata.Index {
			annotations[a.Key] = a.Value
		}
	}
	return annotations
}

// Carried returns the annotations that the image has a place for: those of an
// index only where it is one.
func (b Build) Carried() []metadata.Annotation {
	if b.Indexed() {
		return b.Annotations
	}
	return slices.DeleteFunc(slices.Clone(b.Annotations), ofIndex)
}

// Indexed tells whether the image is an index.
func (b Build) Indexed() bool { return len(b.Platforms) > 1 || len(b.Attestations) > 0 }

// shortened says which labels are cut to what GitHub shows.
func shortened(in inputs.Inputs, f Facts) []string {
	said := map[string]string{"org.opencontainers.image.description": f.Project.Description}
	maps.Copy(said, in.Labels.Values(f.forNames()))
	return metadata.Shortened(said)
}
