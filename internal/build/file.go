package build

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes a file for later steps, whole or not at all. It and the
// directories that are made for it belong to the owner of like.
func WriteFile(path string, content []byte, like string) error {
	made, err := makeDirectories(filepath.Dir(path))
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // it has another name when all went well
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	uid, gid, err := owner(like)
	if err != nil {
		return err
	}
	for _, one := range append(made, file.Name()) {
		if os.Getuid() != 0 || uid == 0 {
			break
		}
		if err := os.Lchown(one, uid, gid); err != nil {
			return err
		}
	}
	return os.Rename(file.Name(), path)
}

// makeDirectories makes a directory and those above it, and returns the ones that
// were not there.
func makeDirectories(dir string) (made []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, at)
	}
	return made, os.MkdirAll(dir, 0o755) //nolint:gosec // others read what is in the workspace
}
