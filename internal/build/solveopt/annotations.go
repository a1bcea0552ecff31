package solveopt

import (
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// AnnotationAttrs are the exporter's options for annotations.
func AnnotationAttrs(p plan.Build) map[string]string {
	attrs := map[string]string{}
	for _, a := range p.Carried() {
		var platform *ocispec.Platform
		if a.Platform != nil {
			platform = &ocispec.Platform{OS: a.Platform.OS, Architecture: a.Platform.Architecture, Variant: a.Platform.Variant}
		}
		switch a.Level {
		case metadata.Manifest:
			attrs[exptypes.AnnotationManifestKey(platform, a.Key)] = a.Value
		case metadata.ManifestDescriptor:
			attrs[exptypes.AnnotationManifestDescriptorKey(platform, a.Key)] = a.Value
		case metadata.Index:
			attrs[exptypes.AnnotationIndexKey(a.Key)] = a.Value
		case metadata.IndexDescriptor:
			attrs[exptypes.AnnotationIndexDescriptorKey(a.Key)] = a.Value
		}
	}
	return attrs
}
