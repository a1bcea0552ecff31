package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// place is somewhere that canaries are looked for.
type place struct {
	name  string
	files int
	bytes int
	found []string
}

// scanText looks in a text.
func scanText(name string, text []byte, needles []needle) place {
	return place{name: name, files: 1, bytes: len(text), found: findIn(text, needles)}
}

// scanTree looks in all files below a directory, and in what those hold that are
// compressed, except in those of these paths.
func scanTree(t *testing.T, name, dir string, needles []needle, except ...string) place {
	t.Helper()
	p := place{name: name}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone meanwhile
		}
		if err != nil {
			return err
		}
		found := findIn([]byte(path), needles)
		if entry.Type().IsRegular() && !slices.Contains(except, path) {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			p.files++
			for _, text := range append([][]byte{content}, unpacked(content)...) {
				p.bytes += len(text)
				found = append(found, findIn(text, needles)...)
			}
		}
		for _, one := range found {
			p.found = append(p.found, one+" in "+path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return p
}

// unpacked returns what a compressed file holds, by its first bytes.
func unpacked(content []byte) [][]byte {
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(content, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(bytes.NewReader(content))
	case bytes.HasPrefix(content, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		r, err = zstd.NewReader(bytes.NewReader(content))
	}
	if r == nil || err != nil {
		return nil
	}
	text, _ := io.ReadAll(r) // as far as it goes
	return [][]byte{text}
}

// packings are the kinds of files that canaries are looked for in.
func packings(t *testing.T, text []byte) map[string][]byte {
	t.Helper()
	var archive, zipped, packed bytes.Buffer
	w := tar.NewWriter(&archive)
	err := errors.Join(w.WriteHeader(&tar.Header{Name: "f", Mode: 0o600, Size: int64(len(text))}), writeAll(w, text), w.Close())
	z := gzip.NewWriter(&zipped)
	err = errors.Join(err, writeAll(z, archive.Bytes()), z.Close())
	s, err2 := zstd.NewWriter(&packed)
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writeAll(s, archive.Bytes()), s.Close()); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"plain": text, "tar": archive.Bytes(), "tar.gz": zipped.Bytes(), "tar.zst": packed.Bytes()}
}

func writeAll(w io.Writer, text []byte) error {
	_, err := w.Write(text)
	return err
}
