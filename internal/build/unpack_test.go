package build

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layoutTar is an archive with an index of one image, and one blob.
func layoutTar(t *testing.T, name, digest, blob string) string {
	t.Helper()
	var text strings.Builder
	w := tar.NewWriter(&text)
	index := fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":1,"annotations":{"io.containerd.image.name":%q}}]}`, strings.Repeat(digest, 64), name)
	for path, content := range map[string]string{"index.json": index, "blobs/sha256/" + blob: blob} {
		if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o444, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// A layout is added to what is in the directory, and an image of the same name is
// replaced.
func TestUnpack(t *testing.T) {
	t.Parallel()
	w, workspace := writing(t, true, "new/layout")
	for _, content := range []string{layoutTar(t, "one", "a", "x"), layoutTar(t, "two", "b", "y"), layoutTar(t, "one", "c", "z")} {
		w = newWritten(w.plan)
		opened := send(t, w, content)
		if err := errors.Join(opened.Close(), w.keep()); err != nil {
			t.Fatal(err)
		}
		w.end()
	}
	index, err := os.ReadFile(filepath.Join(workspace, "new/layout/index.json"))
	if err != nil {
		t.Fatal(err)
	}
	for digest, want := range map[string]bool{"a": false, "b": true, "c": true} {
		if got := strings.Contains(string(index), strings.Repeat(digest, 64)); got != want {
			t.Errorf("%s is in the index: %v, want %v\n%s", digest, got, want, index)
		}
	}
	if got := entries(t, filepath.Join(workspace, "new/layout/blobs/sha256")); !slices.Equal(got, []string{"x", "y", "z"}) {
		t.Errorf("there are the blobs %q", got)
	}
	if got := entries(t, filepath.Join(workspace, "new")); !slices.Equal(got, []string{"layout"}) {
		t.Errorf("beside the layout there are %q", got)
	}
}

// Links in the directory, and names in an archive, lead nowhere outside.
func TestUnpackStaysInside(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("safe"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ link, to, content string }{
		"a link for the index":     {"index.json", victim, layoutTar(t, "one", "a", "x")},
		"a link for a blob":        {"blobs/sha256/x", victim, layoutTar(t, "one", "a", "x")},
		"a link for the blobs":     {"blobs", outside, layoutTar(t, "one", "a", "victim")},
		"a name that leads out":    {"link", outside, layoutTar(t, "one", "a", "../../../../"+filepath.Base(outside)+"/victim")},
		"a name that leads to one": {"link", outside, layoutTar(t, "one", "a", "../../link/victim")},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			w, workspace := writing(t, true, "layout")
			link := filepath.Join(workspace, "layout", c.link)
			if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(c.to, link)); err != nil {
				t.Fatal(err)
			}
			opened := send(t, w, c.content)
			if err := errors.Join(opened.Close(), w.keep()); err == nil {
				t.Error("it was unpacked")
			}
			w.end()
		})
	}
	t.Cleanup(func() {
		if content, err := os.ReadFile(victim); err != nil || string(content) != "safe" {
			t.Errorf("outside is %q, %v", content, err)
		}
		if got := entries(t, outside); !slices.Equal(got, []string{"victim"}) {
			t.Errorf("outside there are %q", got)
		}
	})
}
