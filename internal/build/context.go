package build

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/tonistiigi/fsutil"

	"github.com/slipway-build/slipway/internal/plan"
)

// mounts are the directories that BuildKit may ask files of: the context, of
// which the frontend takes what .dockerignore leaves, and the Dockerfile's
// directory, of which it takes the Dockerfile and its .dockerignore. A file that
// cannot be opened is told to fail.
func mounts(p plan.Build, fail func(error)) (map[string]fsutil.FS, error) {
	context, err := openDirectory(p.Context, fail)
	if err != nil {
		return nil, fmt.Errorf("opening the context: %w", err)
	}
	dockerfile, err := openDirectory(filepath.Dir(p.Dockerfile), fail)
	if err != nil {
		return nil, fmt.Errorf("opening the directory of the Dockerfile: %w", err)
	}
	return map[string]fsutil.FS{"context": context, "dockerfile": dockerfile}, nil
}

func openDirectory(dir string, fail func(error)) (fsutil.FS, error) {
	files, err := fsutil.NewFS(dir)
	if err != nil {
		return nil, err
	}
	return &strictFS{FS: files, dir: dir, fail: fail}, nil
}

// strictFS ends the build when a file cannot be opened. The sender of
// github.com/tonistiigi/fsutil sends an empty file in its place and says
// nothing, so that an image with an empty file would be published.
type strictFS struct {
	fsutil.FS
	dir  string
	fail func(error)
}

// Open opens a file that BuildKit asked for.
func (s *strictFS) Open(path string) (io.ReadCloser, error) {
	file, err := s.FS.Open(path)
	if err != nil {
		s.fail(fmt.Errorf("sending %s to BuildKit: %w; make it readable, or name it in .dockerignore", filepath.Join(s.dir, path), err))
	}
	return file, err
}
