package facts

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/helper/chroot"
	"github.com/go-git/go-billy/v5/osfs"

	"github.com/slipway-build/slipway/internal/regular"
)

// onlyFiles is a directory that go-git reads. It opens nothing but files: any name in
// .git may be a pipe, which would be waited for without an end.
func onlyFiles(dir string) billy.Filesystem {
	if followed, err := filepath.EvalSymlinks(dir); err == nil {
		dir = followed
	}
	return chroot.New(&filesOf{}, dir)
}

// filesOf is the whole file system.
type filesOf struct{ osfs.ChrootOS }

// Open opens a file to read it.
func (*filesOf) Open(path string) (billy.File, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	return readFile{file}, nil
}

var errReadOnly = errors.New("the checkout is only read")

// OpenFile is Open, and refuses all else.
func (f *filesOf) OpenFile(path string, flag int, _ fs.FileMode) (billy.File, error) {
	if flag != os.O_RDONLY {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errReadOnly}
	}
	return f.Open(path)
}

// readFile is an open file. Nobody locks what is only read.
type readFile struct{ *os.File }

// Lock does nothing.
func (readFile) Lock() error { return nil }

// Unlock does nothing.
func (readFile) Unlock() error { return nil }
