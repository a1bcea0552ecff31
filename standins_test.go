package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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

// standIns are images that have what the Dockerfile takes from its bases.
type standIns struct{ golang, buildkit string }

// pushStandIns makes them. Modules come from this machine's module cache, over
// loopback.
func pushStandIns(t *testing.T, host string, authority *testenv.Authority) standIns {
	t.Helper()
	trusted, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		t.Fatal(err)
	}
	certificates := filepath.Join(t.TempDir(), "ca-certificates.crt")
	mustWrite(t, certificates, append(trusted, authority.PEM...))
	modules := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download"))))
	t.Cleanup(modules.Close)
	goroot := goEnv(t, "GOROOT")
	goFiles := map[string]string{
		"bin/busybox":                       "/bin/busybox",
		"bin/sh":                            "/bin/busybox",
		"etc/ssl/certs/ca-certificates.crt": certificates,
		"tmp/keep":                          "testdata/hello/hello.txt",
		"usr/local/go/bin/go":               filepath.Join(goroot, "bin/go"),
		"usr/local/go/go.env":               filepath.Join(goroot, "go.env"),
		"usr/local/go/VERSION":              filepath.Join(goroot, "VERSION"),
		"usr/local/go/pkg":                  filepath.Join(goroot, "pkg"),
		"usr/local/go/src":                  filepath.Join(goroot, "src"),
	}
	golang := push(t, host+"/standin/go:1", goFiles,
		"PATH=/usr/local/go/bin:/bin", "GOPROXY="+modules.URL, "GOTOOLCHAIN=local", "GOPATH=/go", "HOME=/root", "GOFLAGS=-p=2")
	buildkit := push(t, host+"/standin/buildkit:1", map[string]string{
		"usr/bin/buildkitd":     testenv.Tool(t, "buildkitd"),
		"usr/bin/buildkit-runc": filepath.Join(filepath.Dir(testenv.Tool(t, "buildkitd")), "../runc-1.5/runc"), // static, as the real one is
	})
	return standIns{golang, buildkit}
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
