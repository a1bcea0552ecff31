package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tonistiigi/fsutil"
	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

// Mounts are the directories that BuildKit may ask files of: the context, of
// which the frontend takes what .dockerignore leaves, the Dockerfile's directory,
// of which it takes the Dockerfile and its .dockerignore, and named contexts. None
// of them is there for what BuildKit fetches by itself.
func Mounts(p plan.Build, s *Sending) (map[string]fsutil.FS, error) {
	directories := map[string]string{}
	if p.Remote == "" {
		directories["context"] = p.Context
	}
	if p.Remote == "" || filepath.IsAbs(p.Dockerfile) {
		directories["dockerfile"] = filepath.Dir(p.Dockerfile)
	}
	for _, named := range p.Contexts {
		if named.Kind == source.Directory {
			directories[solveopt.LocalName(named)] = named.Where
		}
	}
	opened := map[string]fsutil.FS{}
	for name, dir := range directories {
		files, err := s.OpenDirectory(dir)
		if err != nil {
			return nil, fmt.Errorf("opening the directory %s for the build: %w", dir, err)
		}
		if opened[name], err = withFileTime(files, p.FileTime); err != nil {
			return nil, fmt.Errorf("opening the directory %s for the build: %w", dir, err)
		}
	}
	return opened, nil
}

// Sending is what goes wrong with files while they are sent.
type Sending struct {
	Fail func(error) // ends the build

	mu      sync.Mutex
	changed []string // paths
}

// OpenDirectory returns the files of a directory as BuildKit is to see them.
func (s *Sending) OpenDirectory(dir string) (fsutil.FS, error) {
	files, err := fsutil.NewFS(dir)
	if err != nil {
		return nil, err
	}
	return &strictFS{FS: files, dir: dir, sending: s}, nil
}

// Warnings say which files changed while they were sent.
func (s *Sending) Warnings() []trace.Warning {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []trace.Warning
	for _, path := range s.changed {
		all = append(all, trace.Warning{Message: fmt.Sprintf("%s changed while it was being sent to BuildKit, so the image may contain a mix of old and new content; add it to .dockerignore, or make sure that nothing writes to it during the build", path)})
	}
	return all
}

// strictFS ends the build when a file cannot be opened. The sender of
// github.com/tonistiigi/fsutil sends an empty file in its place and says
// nothing, so that an image with an empty file would be published. An empty file is
// what every client sends for a socket.
type strictFS struct {
	fsutil.FS
	dir     string
	sending *Sending
}

// Open opens a file that BuildKit asked for.
func (s *strictFS) Open(path string) (io.ReadCloser, error) {
	file, err := s.FS.Open(path)
	if errors.Is(err, unix.ENXIO) {
		if info, err := os.Lstat(filepath.Join(s.dir, path)); err == nil && info.Mode().Type() == fs.ModeSocket {
			return io.NopCloser(strings.NewReader("")), nil
		}
	}
	if err != nil {
		advice := "make it readable, or name it in .dockerignore"
		if errors.Is(err, fs.ErrNotExist) {
			advice = "it was there a moment ago; let what removes it end before, or name it in .dockerignore"
		}
		s.sending.Fail(fmt.Errorf("sending %s to BuildKit: %w; %s", filepath.Join(s.dir, path), err, advice))
		return nil, err
	}
	opened, ok := file.(*os.File)
	if !ok {
		return file, nil
	}
	before, err := opened.Stat()
	if err != nil {
		return file, nil //nolint:nilerr // reading will tell
	}
	return &watchedFile{File: opened, before: before, sending: s.sending}, nil
}

// watchedFile looks at its end whether it is still the file that it was.
type watchedFile struct {
	*os.File
	before  os.FileInfo
	sending *Sending
}

// Read reads, and compares size and time when all is read.
func (f *watchedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if errors.Is(err, io.EOF) {
		if after, statErr := f.Stat(); statErr == nil && (after.Size() != f.before.Size() || !after.ModTime().Equal(f.before.ModTime())) {
			f.sending.mu.Lock()
			f.sending.changed = append(f.sending.changed, f.Name())
			f.sending.mu.Unlock()
		}
	}
	return n, err
}
