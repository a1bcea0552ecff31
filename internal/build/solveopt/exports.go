package solveopt

import (
	"maps"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/plan"
)

// pushExports asks for a push by digest: no name in the registry changes until the
// tags are moved. A builder that cannot do that leaves the image in its engine's
// store, from where the engine pushes it. Without repositories that take an image
// by its digest nothing is exported, and BuildKit runs the build for its own sake.
func pushExports(p plan.Build, b *builder.Builder) []client.ExportEntry {
	if len(p.Repositories()) > 0 && !b.PushByDigest {
		return []client.ExportEntry{{Type: "moby", Attrs: map[string]string{"name": b.Stored()}}}
	}
	if len(p.PushTo) == 0 {
		return nil
	}
	names := make([]string, len(p.PushTo))
	for i, repo := range p.PushTo {
		names[i] = repo.Name()
	}
	attrs := map[string]string{
		"name":           strings.Join(names, ","),
		"push":           "true",
		"push-by-digest": "true",
		"name-canonical": "true",
		"oci-mediatypes": ociMediaTypes(p),
	}
	maps.Copy(attrs, AnnotationAttrs(p))
	maps.Copy(attrs, p.ImageOptions)
	maps.Copy(attrs, FileTimeAttrs(p))
	if b.Stores {
		attrs["store"] = "false"
	}
	return []client.ExportEntry{{Type: client.ExporterImage, Attrs: attrs}}
}

// ociMediaTypes tells whether the manifest has OCI's media types: else it has
// Docker's, which are all that some registries know.
func ociMediaTypes(p plan.Build) string { return strconv.FormatBool(len(p.ByTag) == 0) }

// Exports asks for the pushed image and for the loaded one. BuildKit puts the
// answers of several exports into one, the last over the others: the push comes
// last, because the digest must be its own. An engine that pushes out of its
// store has one export for both.
func Exports(p plan.Build, b *builder.Builder, loading *builder.Loading) []client.ExportEntry {
	pushed := pushExports(p, b)
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
		maps.Copy(entry.Attrs, FileTimeAttrs(p))
	}
	if !b.PushByTag && loading == nil {
		maps.Copy(entry.Attrs, AnnotationAttrs(p))
		maps.Copy(entry.Attrs, p.ImageOptions)
		maps.Copy(entry.Attrs, packedAttrs(p))
	}
	if loading != nil {
		entry.Type, entry.Output = client.ExporterDocker, loading.Open
	}
	return entry
}
