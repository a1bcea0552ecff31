package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/slipway-build/slipway/internal/testenv"
)

// buildActionImage builds the project's own Dockerfile with slipway and returns
// its reference. No image can be pulled where the tests run, so that the bases
// are stand-ins: this machine's Go and its certificates, and the buildkitd and
// runc of the tests. The image trusts this authority, too.
func buildActionImage(t *testing.T, host string, ca *testenv.CA) string {
	t.Helper()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	bases := pushStandIns(t, host, ca)
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	mustWrite(t, filepath.Join(work, "event.json"), []byte("{}"))
	r := &running{t: t, cmd: testenv.Command(t, slipway(t, work))}
	r.cmd.Env = []string{
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/tags/v1.2.3", "GITHUB_REPOSITORY=slipway-build/slipway",
		"GITHUB_EVENT_PATH=" + filepath.Join(work, "event.json"), "GITHUB_WORKSPACE=" + root, "GITHUB_API_URL=http://127.0.0.1:1",
		"BUILDKIT_HOST=" + daemon.Address, "INPUT_REGISTRY=" + host,
		"INPUT_BUILD-ARGS=VERSION=v1.2.3\nGO_IMAGE=" + bases.golang + "\nBUILDKIT_IMAGE=" + bases.buildkit,
	}
	r.cmd.Stdout, r.cmd.Stderr = r, r
	if err := r.cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, r.said())
	}
	checkNamedContexts(t, daemon.Address, root, bases)
	return host + "/slipway-build/slipway:1.2.3"
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
	if size > 45e6 {
		t.Error("every job pulls the image: that is more than 45 MB")
	}
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
	for _, path := range []string{"etc/ssl/certs/ca-certificates.crt", "usr/bin/buildkitd", "usr/bin/buildkit-runc", "usr/share/zoneinfo.zip", "tmp"} {
		if _, err := os.Stat(filepath.Join(rootfs, path)); err != nil {
			t.Errorf("the image lacks /%s: %v", path, err)
		}
	}
	proc := filepath.Join(rootfs, "proc")
	if err := errors.Join(os.Mkdir(proc, 0o755), syscall.Mount("proc", proc, "proc", 0, "")); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Unmount(proc, 0) }()
	for program, want := range map[string]string{
		"slipway version": "slipway v1.2.3", "buildkitd --version": "buildkitd", "buildkit-runc --version": "runc version",
	} {
		words := strings.Fields(program)
		cmd := testenv.Command(t, filepath.Join("/usr/bin", words[0]), words[1:]...)
		cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Chroot: rootfs} // with no library but the image's
		said, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(said), want) {
			t.Errorf("%s said %q, %v, want %q", program, said, err, want)
		}
	}
}

// checkNamedContexts builds once more with the bases replaced by named contexts
// and not by arguments, with buildctl.
func checkNamedContexts(t *testing.T, address, root string, bases standIns) {
	t.Helper()
	said, err := testenv.Command(t, testenv.Tool(t, "buildctl"), "--addr", address, "build",
		"--frontend", "dockerfile.v0", "--local", "context="+root, "--local", "dockerfile="+root,
		"--opt", "build-arg:VERSION=v1.2.3",
		"--opt", "context:go=docker-image://"+bases.golang, "--opt", "context:buildkit=docker-image://"+bases.buildkit).CombinedOutput()
	if err != nil {
		t.Errorf("building with named contexts: %v\n%s", err, said)
	}
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
			err = errors.Join(readErr, os.MkdirAll(filepath.Dir(path), 0o755))
			testenv.WriteProgram(t, path, string(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
