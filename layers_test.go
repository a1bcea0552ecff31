package main

import (
	"archive/tar"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// images returns the images of all platforms under a reference.
func images(t *testing.T, reference string) []v1.Image {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := remote.Get(ref)
	if err != nil {
		t.Fatal(err)
	}
	if !answer.MediaType.IsIndex() {
		image, err := answer.Image()
		if err != nil {
			t.Fatal(err)
		}
		return []v1.Image{image}
	}
	index, err := answer.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var all []v1.Image
	for _, one := range manifest.Manifests {
		image, err := index.Image(one.Digest)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, image)
	}
	return all
}

func layers(t *testing.T, image v1.Image) []v1.Layer {
	t.Helper()
	all, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mustKeepBase wants the layers of the base image to be first, as they are there.
func mustKeepBase(t *testing.T, reference, base string) {
	t.Helper()
	digests := func(all []v1.Layer) (digests []string) {
		for _, layer := range all {
			digest, err := layer.Digest()
			if err != nil {
				t.Fatal(err)
			}
			digests = append(digests, digest.String())
		}
		return digests
	}
	want := digests(layers(t, images(t, base)[0]))
	for _, image := range images(t, reference) {
		got := digests(layers(t, image))
		if len(got) <= len(want) {
			t.Fatalf("%s has no layers of its own", reference)
		}
		if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
			t.Errorf("layers of the base image in %s, -want +got:\n%s", reference, diff)
		}
	}
}

// mustHaveTime wants every file above the base image to have the time of the epoch.
func mustHaveTime(t *testing.T, reference, base string) {
	t.Helper()
	below := len(layers(t, images(t, base)[0]))
	for _, image := range images(t, reference) {
		for _, layer := range layers(t, image)[below:] {
			unpacked, err := layer.Uncompressed()
			if err != nil {
				t.Fatal(err)
			}
			for archive := tar.NewReader(unpacked); ; {
				header, err := archive.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if !header.ModTime.Equal(time.Unix(epoch, 0)) {
					t.Errorf("%s in %s has the time %s", header.Name, reference, header.ModTime)
				}
			}
			_ = unpacked.Close()
		}
	}
}
