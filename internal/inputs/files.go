package inputs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const acceptsNewFile = "the path of a file to write, in the workspace or RUNNER_TEMP"

// newFiles reads the inputs that name a file to write. Two of them cannot be one,
// nor one that outputs writes.
func (p *parser) newFiles(outputs []Output, inputs ...string) map[string]string {
	paths, by := map[string]string{}, map[string]string{}
	for _, out := range outputs {
		by[out.Dest] = "outputs"
	}
	for _, input := range inputs {
		written := p.text(input)
		if written == "" {
			continue
		}
		path, err := p.resolveNewFile(written)
		if err != nil {
			p.problems.add(input, acceptsNewFile, "%q cannot be written: %v", written, err)
			continue
		}
		if other := by[path]; other != "" {
			p.problems.add(input, acceptsNewFile, "%q is what %s writes", written, other)
			continue
		}
		paths[input], by[path] = path, input
	}
	return paths
}

// resolveNewFile returns where a file would be written that may not be there yet,
// nor its directory. What is there of the path must be inside the workspace or
// RUNNER_TEMP, links followed, and be writable: that it is not is to be known
// before the build.
func (p *parser) resolveNewFile(written string) (string, error) {
	path := p.absolute(written)
	dir, err := p.at(path).resolveNew(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, filepath.Base(path))
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("it is a directory")
	case info.Mode()&fs.ModeSymlink != 0:
		return "", errors.New("it is a link; name what it leads to")
	case !info.Mode().IsRegular():
		return "", errors.New("it is no regular file")
	}
	return path, writable(dir)
}

// resolveNewDirectory is the same for a directory to write into.
func (p *parser) resolveNewDirectory(written string) (string, error) {
	dir, err := p.resolveNew(written)
	if err != nil {
		return "", err
	}
	return dir, writable(dir)
}

// writable says why nothing can be put into a directory, or into the one above it
// that is there.
func writable(dir string) error {
	for ; ; dir = filepath.Dir(dir) {
		switch err := unix.Access(dir, unix.W_OK|unix.X_OK); {
		case err == nil:
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return &fs.PathError{Op: "write to", Path: dir, Err: err}
		}
	}
}

// at is a parser for which RUNNER_TEMP is the workspace, for a path in there.
func (p *parser) at(path string) *parser {
	temp, set := p.env.Lookup("RUNNER_TEMP")
	if !set || !filepath.IsAbs(temp) || !within(path, filepath.Clean(temp)) {
		return p
	}
	return &parser{env: Env{Lookup: p.env.Lookup, Workspace: temp}}
}
