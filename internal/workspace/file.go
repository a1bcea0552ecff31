// Package workspace writes what later steps of the job find: as the owner of the
// workspace, and through no link that was put there since the inputs were read.
package workspace

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteFile writes a file for later steps, whole or not at all. It and the
// directories that are made for it belong to the owner of like.
func WriteFile(path string, content []byte, like string) error {
	made := Uppermost(path)
	if err := MakeDirectory(filepath.Dir(path)); err != nil {
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
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return GiveTo(like, made)
}
