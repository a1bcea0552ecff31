package record

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	control "github.com/moby/buildkit/api/services/control"
	digest "github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	// mediaType is that of a record in JSON, the config of a manifest whose layers
	// are what the record names.
	mediaType = "application/vnd.buildkit.historyrecord.v0"
	// refAnnotation names the record, where the archive has several.
	refAnnotation = "vnd.buildkit.history.reference"
)

// config is a record as the archive has it.
type config struct {
	*control.BuildHistoryRecord
	DefaultPlatform string
}

// Archive writes records as one .dockerbuild file.
func Archive(records []Record) ([]byte, error) {
	blobs := map[digest.Digest][]byte{}
	manifests := make([]ocispec.Descriptor, len(records))
	for i, one := range records {
		maps.Copy(blobs, one.blobs)
		described, err := putJSON(blobs, mediaType, config{one.history, one.platform})
		if err != nil {
			return nil, err
		}
		manifests[i], err = putJSON(blobs, ocispec.MediaTypeImageManifest, ocispec.Manifest{
			Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, Config: described, Layers: one.layers,
		})
		if err != nil {
			return nil, err
		}
	}
	if len(manifests) > 1 {
		for i, one := range records {
			manifests[i].Annotations = map[string]string{refAnnotation: one.history.GetRef()}
		}
		index, err := putJSON(blobs, ocispec.MediaTypeImageIndex, indexOf(manifests))
		if err != nil {
			return nil, err
		}
		manifests = []ocispec.Descriptor{index}
	}
	return pack(blobs, indexOf(manifests))
}

func indexOf(manifests []ocispec.Descriptor) ocispec.Index {
	return ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: manifests}
}

func putJSON(blobs map[digest.Digest][]byte, as string, value any) (ocispec.Descriptor, error) {
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("writing %s: %w", as, err)
	}
	described := ocispec.Descriptor{MediaType: as, Digest: digest.FromBytes(raw), Size: int64(len(raw))}
	blobs[described.Digest] = raw
	return described, nil
}

// pack writes an OCI layout as a compressed archive.
func pack(blobs map[digest.Digest][]byte, index ocispec.Index) ([]byte, error) {
	layout, layoutErr := json.Marshal(ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	top, indexErr := json.Marshal(index)
	if err := errors.Join(layoutErr, indexErr); err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	archive := tar.NewWriter(compressed)
	var errs []error
	add := func(name string, content []byte) {
		errs = append(errs, archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o444, Size: int64(len(content))}))
		_, err := archive.Write(content)
		errs = append(errs, err)
	}
	for _, dir := range []string{"blobs/", "blobs/sha256/"} {
		errs = append(errs, archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}))
	}
	for _, at := range slices.Sorted(maps.Keys(blobs)) {
		add("blobs/sha256/"+at.Encoded(), blobs[at])
	}
	add(ocispec.ImageIndexFile, top)
	add(ocispec.ImageLayoutFile, layout)
	for _, end := range []io.Closer{archive, compressed} {
		errs = append(errs, end.Close())
	}
	return packed.Bytes(), errors.Join(errs...)
}
