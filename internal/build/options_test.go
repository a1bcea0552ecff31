package build

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/build/session"
)

func mustRepository(t *testing.T, text string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// TestFileThatCannotBeOpened is what BuildKit's sender keeps to itself.
func TestFileThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "there"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	var told error
	sent := &session.Sending{Fail: func(err error) { told = err }}
	files, err := sent.OpenDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	file, err := files.Open("there")
	if err != nil || told != nil {
		t.Fatalf("Open(there) = %v, told %v, want neither", err, told)
	}
	content, err := io.ReadAll(file)
	if err != nil || string(content) != "content" {
		t.Errorf("the file holds %q, %v", content, err)
	}
	if _, err := files.Open("gone"); err == nil || told == nil {
		t.Errorf("Open(gone) = %v, told %v, want both", err, told)
	}
}
