package testenv

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// BaseImage pushes host/base/busybox:latest and returns its reference: an OCI image for this machine's platform, FROM
// scratch, with Debian's busybox-static as /bin/busybox, a symlink for each of its applets (sh, cat, sleep, wc and so
// on), and an empty /tmp. Its digest is the same at every call with the same busybox. The options go to remote.Write:
// remote.WithAuth, and remote.WithTransport(registry.Transport()) for TLS.
func BaseImage(t T, host string, options ...remote.Option) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(host + "/base/busybox:latest")
	if err != nil {
		t.Fatalf("naming the base image: %v", err)
	}
	image, err := busyboxImage(busyboxLayer(t))
	if err != nil {
		t.Fatalf("making the base image: %v", err)
	}
	options = append([]remote.Option{remote.WithContext(t.Context())}, options...)
	if err := remote.Write(ref, image, options...); err != nil {
		t.Fatalf("pushing the base image: %v", err)
	}
	return ref
}

func busyboxImage(layer []byte) (v1.Image, error) {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layer)), nil }
	content, err := tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.NoCompression))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer:   content,
		History: v1.History{CreatedBy: "internal/testenv"},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Env = []string{"PATH=/bin"}
	config.Config.Cmd = []string{"/bin/sh"}
	return mutate.ConfigFile(image, config)
}

// busyboxLayer returns the tar of the file system, with all times at zero.
func busyboxLayer(t T) []byte {
	t.Helper()
	path := Tool(t, "busybox")
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("reading busybox: %v", err)
	}
	applets, err := Command(t, path, "--list").Output()
	if err != nil {
		t.Fatalf("listing the applets of busybox: %v", err)
	}
	headers := []*tar.Header{
		{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777},
		{Typeflag: tar.TypeDir, Name: "bin/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "bin/busybox", Mode: 0o755, Size: int64(len(binary))},
	}
	for applet := range strings.FieldsSeq(string(applets)) {
		if applet != "busybox" {
			headers = append(headers, &tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + applet, Linkname: "busybox"})
		}
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	for _, header := range headers {
		if err := w.WriteHeader(header); err != nil {
			t.Fatalf("writing the layer of the base image: %v", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if _, err := w.Write(binary); err != nil {
			t.Fatalf("writing the layer of the base image: %v", err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("writing the layer of the base image: %v", err)
	}
	return layer.Bytes()
}
