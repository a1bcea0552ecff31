package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestActionImage builds the project's own Dockerfile with slipway. No image
// can be pulled where the tests run, so that the bases are stand-ins: this
// machine's Go and its certificates, and the buildkitd and runc of the tests.
func TestActionImage(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	goImage, buildkitImage := standIns(t, registry.Host)
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	mustWrite(t, filepath.Join(work, "event.json"), []byte("{}"))
	r := &running{t: t, cmd: exec.CommandContext(t.Context(), slipway(t, work))}
	r.cmd.Env = []string{
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/tags/v1.2.3", "GITHUB_REPOSITORY=slipway-build/slipway",
		"GITHUB_EVENT_PATH=" + filepath.Join(work, "event.json"), "GITHUB_WORKSPACE=" + root, "GITHUB_API_URL=http://127.0.0.1:1",
		"BUILDKIT_HOST=" + daemon.Address, "INPUT_REGISTRY=" + registry.Host,
		"INPUT_BUILD-ARGS=VERSION=v1.2.3\nGO_IMAGE=" + goImage + "\nBUILDKIT_IMAGE=" + buildkitImage,
	}
	r.cmd.Stdout, r.cmd.Stderr = r, r
	if err := r.cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, r.said())
	}
	built := registry.Host + "/slipway-build/slipway:1.2.3"
	checkImageConfig(t, built)
	checkImageFiles(t, built)
	checkNamedContexts(t, daemon.Address, root, goImage, buildkitImage)
}

func checkImageConfig(t *testing.T, ref string) {
	t.Helper()
	img, err := image(ref)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"/usr/bin/slipway"}; !slices.Equal(config.Config.Entrypoint, want) {
		t.Errorf("entrypoint = %q, want %q", config.Config.Entrypoint, want)
	}
	if config.Config.User != "" {
		t.Errorf("user = %q, want none", config.Config.User)
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	size := manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	t.Logf("the image has %.1f MB, compressed", float64(size)/1e6)
}

// checkImageFiles unpacks the image and runs its programs there.
func checkImageFiles(t *testing.T, ref string) {
	t.Helper()
	img, err := image(ref)
	if err != nil {
		t.Fatal(err)
	}
	rootfs := t.TempDir()
	content := mutate.Extract(img)
	defer content.Close()
	untar(t, content, rootfs)
	for _, path := range []string{"etc/ssl/certs/ca-certificates.crt", "usr/bin/buildkitd", "usr/bin/buildkit-runc", "tmp"} {
		if _, err := os.Stat(filepath.Join(rootfs, path)); err != nil {
			t.Errorf("the image lacks /%s: %v", path, err)
		}
	}
	for program, want := range map[string]string{"slipway version": "slipway v1.2.3", "buildkitd --version": "buildkitd"} {
		words := strings.Fields(program)
		said, err := exec.CommandContext(t.Context(), filepath.Join(rootfs, "usr/bin", words[0]), words[1:]...).CombinedOutput()
		if err != nil || !strings.Contains(string(said), want) {
			t.Errorf("%s said %q, %v, want %q", program, said, err, want)
		}
	}
}

// checkNamedContexts builds once more with the bases replaced by named contexts
// and not by arguments, with buildctl.
func checkNamedContexts(t *testing.T, address, root, goImage, buildkitImage string) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), testenv.Tool(t, "buildctl"), "--addr", address, "build",
		"--frontend", "dockerfile.v0", "--local", "context="+root, "--local", "dockerfile="+root,
		"--opt", "build-arg:VERSION=v1.2.3",
		"--opt", "context:go=docker-image://"+goImage, "--opt", "context:buildkit=docker-image://"+buildkitImage).CombinedOutput()
	if err != nil {
		t.Errorf("building with named contexts: %v\n%s", err, said)
	}
}

// standIns pushes images that have what the Dockerfile takes from its bases.
// Modules come from this machine's module cache, over loopback.
func standIns(t *testing.T, host string) (goImage, buildkitImage string) {
	t.Helper()
	modules := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download"))))
	t.Cleanup(modules.Close)
	goroot := goEnv(t, "GOROOT")
	goFiles := map[string]string{
		"bin/busybox":                       "/bin/busybox",
		"bin/sh":                            "/bin/busybox",
		"etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt",
		"tmp/keep":                          "testdata/hello/hello.txt",
		"usr/local/go/bin/go":               filepath.Join(goroot, "bin/go"),
		"usr/local/go/go.env":               filepath.Join(goroot, "go.env"),
		"usr/local/go/VERSION":              filepath.Join(goroot, "VERSION"),
		"usr/local/go/pkg":                  filepath.Join(goroot, "pkg"),
		"usr/local/go/src":                  filepath.Join(goroot, "src"),
	}
	goImage = push(t, host+"/standin/go:1", goFiles,
		"PATH=/usr/local/go/bin:/bin", "GOPROXY="+modules.URL, "GOTOOLCHAIN=local", "GOPATH=/go", "HOME=/root", "GOFLAGS=-p=2")
	buildkitImage = push(t, host+"/standin/buildkit:1", map[string]string{
		"usr/bin/buildkitd":     testenv.Tool(t, "buildkitd"),
		"usr/bin/buildkit-runc": testenv.Tool(t, "runc"),
	})
	return goImage, buildkitImage
}

func goEnv(t *testing.T, variable string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "go", "env", variable).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(said))
}

// push makes an image of files and directories of this machine.
func push(t *testing.T, ref string, files map[string]string, env ...string) string {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for to, from := range files {
		if err := addToTar(w, from, to); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	}, tarball.WithCompressionLevel(gzip.BestSpeed))
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.ConfigFile(img, &v1.ConfigFile{OS: "linux", Architecture: "amd64", Config: v1.Config{Env: env}, RootFS: rootFS(t, img)})
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, img); err != nil {
		t.Fatal(err)
	}
	return ref
}

func rootFS(t *testing.T, img v1.Image) v1.RootFS {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config.RootFS
}

// addToTar adds a file, or a directory without tests' data, under another name.
func addToTar(w *tar.Writer, from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
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

func untar(t *testing.T, r io.Reader, dir string) {
	t.Helper()
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.Clean("/"+header.Name))
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			content, readErr := io.ReadAll(archive)
			err = errors.Join(readErr, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o755))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
