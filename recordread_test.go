package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"testing"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// readRecord is one record of an archive.
type readRecord struct {
	manifest ocispec.Manifest
	record   map[string]any
	raw      []byte            // the record
	blobs    map[string][]byte // by media type
}

// readRecords reads an archive, of which it checks every digest.
func readRecords(t *testing.T, file []byte) []readRecord {
	t.Helper()
	files := unpack(t, file)
	blob := func(at ocispec.Descriptor) []byte {
		content, there := files["blobs/sha256/"+at.Digest.Encoded()]
		if !there || digest.FromBytes(content) != at.Digest || int64(len(content)) != at.Size {
			t.Fatalf("the blob %s (%s) is there: %v, with %d bytes of %d", at.Digest, at.MediaType, there, len(content), at.Size)
		}
		return content
	}
	var index ocispec.Index
	fromJSON(t, files["index.json"], &index)
	if len(index.Manifests) == 1 && index.Manifests[0].MediaType == ocispec.MediaTypeImageIndex {
		fromJSON(t, blob(index.Manifests[0]), &index)
	}
	var all []readRecord
	for _, one := range index.Manifests {
		r := readRecord{blobs: map[string][]byte{}}
		fromJSON(t, blob(one), &r.manifest)
		r.raw = blob(r.manifest.Config)
		fromJSON(t, r.raw, &r.record)
		for _, layer := range r.manifest.Layers {
			r.blobs[layer.MediaType] = blob(layer)
		}
		all = append(all, r)
	}
	return all
}

func unpack(t *testing.T, file []byte) map[string][]byte {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func fromJSON(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%v:\n%s", err, raw)
	}
}
