package main

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// runnersUser is whose the workspace is; a step runs as root.
const runnersUser = 1001

// outputInputs sets the input outputs, and looks at what is written.
func outputInputs(base string) []buildInput {
	made := "FROM " + base + " AS build\nRUN mkdir /sub && echo \"made $(echo here)\" > /sub/made\nFROM scratch\nCOPY --from=build /sub /sub\n"
	there := map[string][]byte{"dist/there": []byte("it was there\n"), "dist/sub/made": []byte("old\n")}
	none := func(kind string) map[string]string {
		reason := "it writes no output of type " + kind + ", only local, tar"
		return map[string]string{"engine 29 graph driver": reason, "engine 20.10": reason}
	}
	dropped := func(results string) map[string]string {
		reason := "it silently drops all but one of several results (" + results + ")"
		return map[string]string{"engine 29 graph driver": reason, "engine 20.10": reason}
	}
	hold := func(path string, want map[string]string) func(*testing.T, string) {
		return func(t *testing.T, workspace string) {
			t.Helper()
			mustHold(t, filepath.Join(workspace, path), want)
		}
	}
	all := []buildInput{
		{name: "outputs, directory", dockerfile: made, files: there, env: []string{"INPUT_OUTPUTS=dist"}, wrote: hold("dist", map[string]string{"there": "it was there\n", "sub/made": "made here\n"})},
		{name: "outputs, new directory", dockerfile: made, env: []string{"INPUT_OUTPUTS=type=local,dest=a/b/dist"}, wrote: hold("a", map[string]string{"b/dist/sub/made": "made here\n"})},
		{name: "outputs, directory in place of another", dockerfile: made, files: there, env: []string{"INPUT_OUTPUTS=type=local,dest=dist,mode=delete"}, wrote: hold("dist", map[string]string{"sub/made": "made here\n"}), refused: map[string]string{"engine 20.10": "it does not know mode=delete of type=local"}},
		{name: "outputs, directory of two platforms", dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /where\n", files: map[string][]byte{"amd64": []byte("here"), "arm64": []byte("there")}, env: []string{"INPUT_OUTPUTS=dist", "INPUT_PLATFORMS=linux/amd64,linux/arm64"}, wrote: hold("dist", map[string]string{"linux_amd64/where": "here", "linux_arm64/where": "there"})},
		{name: "outputs, tar", dockerfile: made, files: map[string][]byte{"old.tar": []byte("old")}, env: []string{"INPUT_OUTPUTS=type=tar,dest=old.tar"}, wrote: func(t *testing.T, workspace string) {
			t.Helper()
			mustHold(t, archived(t, filepath.Join(workspace, "old.tar")), map[string]string{"sub/made": "made here\n"})
			mustBelong(t, filepath.Join(workspace, "old.tar"))
		}},
		{name: "outputs, oci", dockerfile: made, env: []string{"INPUT_OUTPUTS=type=oci,dest=new/image.tar"}, refused: none("oci"), wrote: func(t *testing.T, workspace string) {
			t.Helper()
			mustBelong(t, filepath.Join(workspace, "new"))
			mustBelong(t, filepath.Join(workspace, "new/image.tar"))
			mustBeLayout(t, archived(t, filepath.Join(workspace, "new/image.tar")), "made here\n")
		}},
		{name: "outputs, oci as a directory", dockerfile: made, env: []string{"INPUT_OUTPUTS=type=oci,dest=new/image,tar=false"}, refused: none("oci"), wrote: func(t *testing.T, workspace string) {
			t.Helper()
			mustBelong(t, filepath.Join(workspace, "new/image/index.json"))
			mustBeLayout(t, filepath.Join(workspace, "new/image"), "made here\n")
		}},
		{name: "outputs, docker", dockerfile: made, env: []string{"INPUT_OUTPUTS=type=docker,dest=image.tar", "INPUT_IMAGE=", "INPUT_TAGS=ghcr.io/octo/loaded:1"}, refused: none("docker"), wrote: func(t *testing.T, workspace string) {
			t.Helper()
			tag, err := name.NewTag("ghcr.io/octo/loaded:1")
			if err != nil {
				t.Fatal(err)
			}
			image, err := tarball.ImageFromPath(filepath.Join(workspace, "image.tar"), &tag)
			if err != nil {
				t.Fatal(err)
			}
			mustBelong(t, filepath.Join(workspace, "image.tar"))
			mustContain(t, image, "made here\n")
		}},
		{name: "outputs, several", dockerfile: made, env: []string{"INPUT_OUTPUTS=dist\ntype=tar,dest=one.tar\ntype=tar,dest=two.tar"}, refused: dropped("local, tar, tar"), wrote: func(t *testing.T, workspace string) {
			t.Helper()
			want := map[string]string{"sub/made": "made here\n"}
			mustHold(t, filepath.Join(workspace, "dist"), want)
			mustHold(t, archived(t, filepath.Join(workspace, "one.tar")), want)
			mustHold(t, archived(t, filepath.Join(workspace, "two.tar")), want)
		}},
		{name: "outputs, cacheonly", dockerfile: made, env: []string{"INPUT_PUSH=auto", "INPUT_OUTPUTS=type=cacheonly"}, says: []string{"Publishing nothing: the input outputs says not to push"}},
	}
	for i := range all {
		all[i].wrap = func(_ *exec.Cmd, work string) { _ = os.Chown(filepath.Join(work, "repo"), runnersUser, runnersUser) }
	}
	return all
}

// mustHold compares the files in a directory, all of which are the runner's.
func mustHold(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		mustBelong(t, path)
		content, err := os.ReadFile(path)
		got[strings.TrimPrefix(path, dir+"/")] = string(content)
		return err
	})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s holds (-want, +got): %v\n%s", dir, err, diff)
	}
}

func mustBelong(t *testing.T, path string) {
	t.Helper()
	var stat syscall.Stat_t
	if err := syscall.Lstat(path, &stat); err != nil || stat.Uid != runnersUser && os.Getuid() == 0 {
		t.Errorf("%s belongs to %d, %v, want %d", path, stat.Uid, err, runnersUser)
	}
}

// archived unpacks an archive, as the runner's user would. Nothing is left of what
// it was written to.
func archived(t *testing.T, path string) string {
	t.Helper()
	if parts, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".slipway-*")); err != nil || len(parts) > 0 {
		t.Errorf("there are %v, %v", parts, err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dir := t.TempDir()
	for r := tar.NewReader(file); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(dir, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(at, 0o755)
		} else {
			content, readErr := io.ReadAll(r)
			err = errors.Join(readErr, os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, content, 0o600), os.Chown(at, runnersUser, runnersUser))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// mustBeLayout reads an OCI layout of one image, which has the file sub/made.
func mustBeLayout(t *testing.T, dir, made string) v1.Hash {
	t.Helper()
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatalf("the layout has the index %+v, %v, want one image", manifest, err)
	}
	if got := manifest.Manifests[0].Annotations["io.containerd.image.name"]; !strings.HasSuffix(got, "/octo/app:latest") {
		t.Errorf("the image has the name %q", got)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err == nil {
		err = validate.Image(image)
	}
	if err != nil {
		t.Fatal(err)
	}
	mustContain(t, image, made)
	return manifest.Manifests[0].Digest
}

// mustContain looks into the file sub/made of an image.
func mustContain(t *testing.T, image v1.Image, made string) {
	t.Helper()
	files := mutate.Extract(image)
	defer files.Close()
	for r := tar.NewReader(files); ; {
		header, err := r.Next()
		if err != nil {
			t.Fatalf("looking for sub/made: %v", err)
		}
		if strings.TrimPrefix(header.Name, "/") != "sub/made" {
			continue
		}
		if content, err := io.ReadAll(r); err != nil || string(content) != made {
			t.Errorf("sub/made is %q, %v, want %q", content, err, made)
		}
		return
	}
}
