package build

import (
	"maps"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/plan"
)

// allExports asks for the pushed image and for the loaded one. BuildKit puts the
// answers of several exports into one, the last over the others: the push comes
// last, because the digest must be its own. An engine that pushes out of its
// store has one export for both.
func allExports(p plan.Build, b *builder.Builder, loading *builder.Loading) []client.ExportEntry {
	pushed := exports(p, b)
	if len(p.LoadAs) == 0 {
		return pushed
	}
	load := []client.ExportEntry{loadExport(p, b, loading)}
	if b.PushByTag {
		return load
	}
	return append(load, pushed...)
}

func shownTags(tags []name.Tag) []string {
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = host.Shown(tag.Name())
	}
	return names
}

// loadExport puts the image into the store of the engine that builds or, as a
// stream in the format of docker save, into that of another engine. Its manifest
// is the pushed one.
func loadExport(p plan.Build, b *builder.Builder, loading *builder.Loading) client.ExportEntry {
	names := []string{b.Stored()}
	if names[0] == "" { // else NameStored gives it the tags
		names = shownTags(p.LoadAs)
	}
	entry := client.ExportEntry{Type: "moby", Attrs: map[string]string{"name": strings.Join(names, ",")}}
	if !b.PushByTag {
		entry.Attrs["oci-mediatypes"] = ociMediaTypes(p)
		maps.Copy(entry.Attrs, fileTimeAttrs(p))
	}
	if !b.PushByTag && loading == nil {
		maps.Copy(entry.Attrs, annotationAttrs(p))
		maps.Copy(entry.Attrs, p.ImageOptions)
		maps.Copy(entry.Attrs, packedAttrs(p))
	}
	if loading != nil {
		entry.Type, entry.Output = client.ExporterDocker, loading.Open
	}
	return entry
}
