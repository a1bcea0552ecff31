package build

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// Images in files have the annotations of the published one, where they can, and
// those of their line.
func TestWrittenExports(t *testing.T) {
	t.Parallel()
	p := plan.Build{
		Annotations: []metadata.Annotation{{Level: metadata.Manifest, Key: "a", Value: "plan"}, {Level: metadata.Manifest, Key: "b", Value: "plan"}, {Level: metadata.Index, Key: "c", Value: "plan"}},
		Outputs: []inputs.Output{
			{Type: inputs.OutputLocal, Dest: "/w/out", Attrs: map[string]string{"mode": "delete"}},
			{Type: inputs.OutputOCI, Dest: "/w/oci.tar", Attrs: map[string]string{"annotation-manifest.b": "line"}},
			{Type: inputs.OutputOCI, Dest: "/w/plain", Unpacked: true, Attrs: map[string]string{"oci-mediatypes": "false"}},
			{Type: inputs.OutputDocker, Dest: "/w/docker.tar", Attrs: map[string]string{"name": "a"}},
			{Type: inputs.OutputTar, Dest: "/w/files.tar"},
		},
	}
	want := []client.ExportEntry{
		{Type: "local", Attrs: map[string]string{"mode": "delete"}, OutputDir: "/w/out"},
		{Type: "oci", Attrs: map[string]string{"annotation-manifest.a": "plan", "annotation-manifest.b": "line"}},
		{Type: "oci", Attrs: map[string]string{"oci-mediatypes": "false"}},
		{Type: "docker", Attrs: map[string]string{"name": "a"}},
		{Type: "tar", Attrs: map[string]string{}},
	}
	got := newWritten(p).exports()
	for i := range got {
		if (got[i].Output != nil) == (got[i].Type == "local") {
			t.Errorf("%s has a writer: %v", got[i].Type, got[i].Output != nil)
		}
		got[i].Output = nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("exports differ (-want, +got):\n%s", diff)
	}
}

// The digest that is told ahead is the pushed image's, although the same image is
// written to a file with another manifest.
func TestDigestBesideAFile(t *testing.T) {
	t.Parallel()
	pushed, written := "sha256:"+strings.Repeat("a", 64), "sha256:"+strings.Repeat("b", 64)
	var told []string
	w := watch(Request{
		Plan: plan.Build{PushTo: []name.Repository{mustRepository(t, "ghcr.io/octo/a")}}, Log: io.Discard,
		Pushing: func(h v1.Hash) { told = append(told, h.String()) },
	}, nil)
	w.statuses <- &client.SolveStatus{
		Vertexes: []*client.Vertex{{Digest: "sha256:1", Name: "exporting to image"}, {Digest: "sha256:2", Name: "exporting to docker image format"}},
		Statuses: []*client.VertexStatus{
			{ID: "exporting manifest " + pushed, Vertex: "sha256:1"},
			{ID: "exporting manifest " + written, Vertex: "sha256:2"},
			{ID: "pushing manifest for ghcr.io/octo/a", Vertex: "sha256:1"},
		},
	}
	close(w.statuses)
	<-w.ended
	if !slices.Equal(told, []string{pushed}) {
		t.Errorf("told %q, want %s", told, pushed)
	}
}

// writing is a plan that writes one file in a workspace.
func writing(t *testing.T, unpacked bool, dest string) (*written, string) {
	t.Helper()
	workspace := t.TempDir()
	out := inputs.Output{Type: inputs.OutputOCI, Dest: filepath.Join(workspace, dest), Unpacked: unpacked}
	return newWritten(plan.Build{Workspace: workspace, Outputs: []inputs.Output{out}}), workspace
}

// send is what BuildKit does with an archive.
func send(t *testing.T, w *written, content string) io.WriteCloser {
	t.Helper()
	opened, err := w.exports()[0].Output(nil)
	if err == nil {
		_, err = io.WriteString(opened, content)
	}
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range found {
		all = append(all, entry.Name())
	}
	return all
}

// An archive takes the place of the old one when it is whole. Of a build that has
// failed there is nothing, whether or not BuildKit has begun to write, or goes on.
func TestArchives(t *testing.T) {
	t.Parallel()
	w, workspace := writing(t, false, "a.tar")
	path := filepath.Join(workspace, "a.tar")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.end()
	if _, err := w.exports()[0].Output(nil); err == nil {
		t.Error("BuildKit may write after the end")
	}
	w = newWritten(w.plan)
	half := send(t, w, "half")
	if content, err := os.ReadFile(path); err != nil || string(content) != "old" {
		t.Errorf("while it is written the archive is %q, %v", content, err)
	}
	w.end()
	if _, err := half.Write([]byte("late")); err == nil {
		t.Error("BuildKit can write after the end")
	}
	if got := entries(t, workspace); !slices.Equal(got, []string{"a.tar"}) {
		t.Errorf("after a build that has failed there are %q", got)
	}
	w = newWritten(w.plan)
	whole := send(t, w, "new")
	if err := errors.Join(whole.Close(), w.keep()); err != nil {
		t.Fatal(err)
	}
	w.end()
	content, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err := errors.Join(err, statErr); err != nil || string(content) != "new" || info.Mode().Perm() != 0o644 {
		t.Errorf("the archive is %q with %v, %v", content, info.Mode(), err)
	}
	if got := entries(t, workspace); !slices.Equal(got, []string{"a.tar"}) {
		t.Errorf("after the build there are %q", got)
	}
	if err := newWritten(w.plan).keep(); !errors.Is(err, errNothingSent) {
		t.Errorf("keep = %v where BuildKit has sent nothing", err)
	}
}

func ownerOf(t *testing.T, path string) int {
	t.Helper()
	var stat syscall.Stat_t
	if err := syscall.Lstat(path, &stat); err != nil {
		t.Error(err)
	}
	return int(stat.Uid)
}

// What is written belongs to the workspace's owner, and what was another's stays
// theirs.
func TestOutputsAreGivenAway(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("giving files away needs root")
	}
	const runner, other = 1001, 1002
	w, workspace := writing(t, false, "new/dir/a.tar")
	dist := filepath.Join(workspace, "dist")
	w.plan.Outputs = append(w.plan.Outputs, inputs.Output{Type: inputs.OutputLocal, Dest: dist})
	w.archives = append(w.archives, nil)
	w.made = append(w.made, dist)
	if err := errors.Join(os.Mkdir(dist, 0o700), os.WriteFile(filepath.Join(dist, "ours"), nil, 0o600), os.WriteFile(filepath.Join(dist, "theirs"), nil, 0o600),
		os.Chown(filepath.Join(dist, "theirs"), other, other), os.Chown(workspace, runner, runner)); err != nil {
		t.Fatal(err)
	}
	opened := send(t, w, "whole")
	if err := errors.Join(opened.Close(), w.keep()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"new": runner, "new/dir": runner, "new/dir/a.tar": runner, "dist": runner, "dist/ours": runner, "dist/theirs": other} {
		if uid := ownerOf(t, filepath.Join(workspace, path)); uid != want {
			t.Errorf("%s belongs to %d, want %d", path, uid, want)
		}
	}
}

// Directories that were there stay whose they are: RUNNER_TEMP may be /tmp.
func TestDirectoriesThatWereThereAreKept(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("giving files away needs root")
	}
	const runner = 1001
	workspace, temp := t.TempDir(), t.TempDir()
	if err := os.Chown(workspace, runner, runner); err != nil {
		t.Fatal(err)
	}
	out := inputs.Output{Type: inputs.OutputTar, Dest: filepath.Join(temp, "new/a.tar")}
	w := newWritten(plan.Build{Workspace: workspace, Outputs: []inputs.Output{out}})
	opened := send(t, w, "whole")
	if err := errors.Join(opened.Close(), w.keep()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"": 0, "new": runner, "new/a.tar": runner} {
		if uid := ownerOf(t, filepath.Join(temp, path)); uid != want {
			t.Errorf("%q belongs to %d, want %d", path, uid, want)
		}
	}
}

// A link that came into the way while the image was built, perhaps out of it, is
// not followed.
func TestNothingIsWrittenOverALinkThatIsNew(t *testing.T) {
	t.Parallel()
	for _, unpacked := range []bool{false, true} {
		w, workspace := writing(t, unpacked, "dist/sub/a")
		outside := t.TempDir()
		if err := errors.Join(os.Mkdir(filepath.Join(workspace, "dist"), 0o700), os.Symlink(outside, filepath.Join(workspace, "dist/sub"))); err != nil {
			t.Fatal(err)
		}
		if opened, err := w.exports()[0].Output(nil); err == nil {
			_ = opened.Close()
			t.Error("an archive is written over the link")
		}
		if got := entries(t, outside); len(got) > 0 {
			t.Errorf("outside there are %q", got)
		}
	}
}
