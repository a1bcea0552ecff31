package session

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestMounts sends nothing of this machine that the build does not name.
func TestMounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lib := inputs.NamedContext{Name: "lib", Source: source.Source{Kind: source.Directory, Where: dir}}
	for title, c := range map[string]struct {
		plan plan.Build
		want string
	}{
		"a directory":               {plan.Build{Context: dir, Dockerfile: dir + "/Dockerfile"}, "map[context:true dockerfile:true]"},
		"a repository":              {plan.Build{Remote: "https://a/b.git", Dockerfile: "Dockerfile"}, "map[]"},
		"with a Dockerfile of ours": {plan.Build{Remote: "https://a/b.git", Dockerfile: dir + "/Dockerfile"}, "map[dockerfile:true]"},
		"and a directory":           {plan.Build{Remote: "https://a/b.git", Dockerfile: "Dockerfile", Contexts: []inputs.NamedContext{lib}}, "map[_lib:true]"},
	} {
		opened, err := Mounts(c.plan, &Sending{})
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for name := range opened {
			names[name] = true
		}
		if got := fmt.Sprint(names); got != c.want {
			t.Errorf("%s mounts %s, want %s", title, got, c.want)
		}
	}
}

// TestFileThatChanges is warned of, once it has been sent.
func TestFileThatChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"grows", "stays"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sent := &Sending{}
	files, err := sent.OpenDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"grows", "stays"} {
		file, err := files.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "grows" {
			err = os.WriteFile(filepath.Join(dir, name), []byte("content and more"), 0o600)
		}
		if _, readErr := io.ReadAll(file); errors.Join(err, readErr, file.Close()) != nil {
			t.Fatal(err, readErr)
		}
	}
	warnings := sent.Warnings()
	if len(warnings) != 1 || !strings.Contains(warnings[0].Message, filepath.Join(dir, "grows")+" changed while it was being sent") {
		t.Errorf("warnings %v, want one for the file that grew", warnings)
	}
}

// TestFileThatIsGone ends the build: the sender would send an empty one.
func TestFileThatIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var ended error
	sent := &Sending{Fail: func(err error) { ended = err }}
	files, err := sent.OpenDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if file, err := files.Open("gone"); err == nil {
		t.Errorf("Open = %v", file)
	}
	if ended == nil || !strings.Contains(ended.Error(), "sending "+filepath.Join(dir, "gone")+" to BuildKit: ") || !strings.Contains(ended.Error(), "it was there a moment ago") {
		t.Errorf("the build ends with %v", ended)
	}
}

// TestLayoutStore reads blobs of the layout and nothing beside it.
func TestLayoutStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	blobs := filepath.Join(dir, "oci", "blobs", "sha256")
	content, linked, absent := digest.FromString("content"), digest.FromString("linked"), digest.FromString("absent")
	err := errors.Join(os.MkdirAll(blobs, 0o700),
		os.WriteFile(filepath.Join(blobs, content.Encoded()), []byte("content"), 0o600),
		os.WriteFile(filepath.Join(dir, "outside"), []byte("linked"), 0o600),
		os.Symlink(filepath.Join(dir, "outside"), filepath.Join(blobs, linked.Encoded())))
	if err != nil {
		t.Fatal(err)
	}
	store, err := openLayout(filepath.Join(dir, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := store.Info(t.Context(), content)
	if err != nil || info.Size != 7 {
		t.Errorf("Info = %v, %v, want 7 bytes", info, err)
	}
	reader, err := store.ReaderAt(t.Context(), ocispec.Descriptor{Digest: content})
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4)
	if _, err := reader.ReadAt(text, 3); err != nil || string(text) != "tent" || reader.Size() != 7 || reader.Close() != nil {
		t.Errorf("ReadAt = %q, %v of %d", text, err, reader.Size())
	}
	for _, one := range []digest.Digest{linked, absent, "sha256:..", "../../outside"} {
		if _, err := store.ReaderAt(t.Context(), ocispec.Descriptor{Digest: one}); err == nil {
			t.Errorf("it reads %s", one)
		}
	}
	if _, err := store.Writer(t.Context()); !errdefs.IsPermissionDenied(err) {
		t.Errorf("Writer = %v, want it refused", err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "oci")); err != nil || len(entries) != 1 {
		t.Errorf("the layout holds %v, %v, want its blobs alone", entries, err)
	}
}
