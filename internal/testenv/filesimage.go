package testenv

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// BuildkitImage pushes a stand-in for moby/buildkit and returns its reference: buildkitd with a runc that needs no
// library, buildctl, and an empty /tmp.
func BuildkitImage(t T, host string) string {
	t.Helper()
	buildkitd := Tool(t, "buildkitd")
	return PushFiles(t, host+"/standin/buildkit:1", map[string]string{
		"usr/bin/buildkitd":     buildkitd,
		"usr/bin/buildkit-runc": filepath.Join(filepath.Dir(filepath.Dir(buildkitd)), "runc-1.5", "runc"),
		"usr/bin/buildctl":      Tool(t, "buildctl"),
		"tmp":                   t.TempDir(),
	}, "PATH=/usr/bin")
}

// PushFiles pushes an image of files and directories of this machine, by their paths in the image, with an environment,
// and returns its reference.
func PushFiles(t T, ref string, files map[string]string, env ...string) string {
	t.Helper()
	image, err := filesImage(files, env)
	if err != nil {
		t.Fatalf("making the image %s: %v", ref, err)
	}
	tag, err := name.NewTag(ref)
	if err == nil {
		err = remote.Write(tag, image, remote.WithContext(t.Context()))
	}
	if err != nil {
		t.Fatalf("pushing the image %s: %v", ref, err)
	}
	return ref
}

func filesImage(files map[string]string, env []string) (v1.Image, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	var errs []error
	for to, from := range files {
		errs = append(errs, addToTar(w, from, to))
	}
	if err := errors.Join(append(errs, w.Close())...); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	}, tarball.WithCompressionLevel(gzip.NoCompression)) // compressing takes minutes of the suite under the race detector
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config.Env = "linux", "amd64", env
	return mutate.ConfigFile(image, config)
}

// addToTar adds a file, or a directory without tests' data, under another name.
func addToTar(w *tar.Writer, from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: filepath.Join(to, rel) + "/", Mode: 0o755})
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: filepath.Join(to, rel), Mode: 0o755, Size: int64(len(content))}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
}
