package facts

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// same holds a file or a link to what a tree has of it. A file may be as git
// checks it out: with the line ends of another system, the name of its blob in
// place of $Id$, or the content that a pointer of Git LFS names. What another
// filter makes is not known.
func (c checkout) same(path string, in object.TreeEntry) error {
	differs := doubts("%s is not what the commit %s has: a step has changed or made it", path, c.head)
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if link := info.Mode()&os.ModeSymlink != 0; link || in.Mode == filemode.Symlink {
		target, err := os.Readlink(path)
		if err != nil || in.Mode != filemode.Symlink || plumbing.ComputeHash(plumbing.BlobObject, []byte(target)) != in.Hash {
			return differs
		}
		return nil
	}
	if !in.Mode.IsFile() {
		return differs
	}
	content, err := readBounded(path)
	if err != nil {
		return err
	}
	plain := bytes.ReplaceAll(content, []byte("$Id: "+in.Hash.String()+" $"), []byte("$Id$"))
	for _, form := range [][]byte{content, plain, unixLines(content), unixLines(plain)} {
		if plumbing.ComputeHash(plumbing.BlobObject, form) == in.Hash {
			return nil
		}
	}
	blob, err := c.blob(in.Hash)
	if err != nil {
		return err
	}
	if bytes.Equal(unixLines(blob), unixLines(plain)) || pointsTo(blob, content) {
		return nil
	}
	return differs
}

func (c checkout) blob(hash plumbing.Hash) ([]byte, error) {
	stored, err := c.object(plumbing.BlobObject, hash)
	if err != nil {
		return nil, err
	}
	var blob bytes.Buffer
	r, err := stored.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	_, err = blob.ReadFrom(r)
	return blob.Bytes(), err
}

func unixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// pointsTo tells whether a blob is the pointer of Git LFS to a content
// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
func pointsTo(blob, content []byte) bool {
	pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sha256.Sum256(content), len(content))
	return string(unixLines(blob)) == pointer
}
