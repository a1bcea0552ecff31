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

// same holds a file or a link to what a tree has of it.
func (c checkout) same(path string, in object.TreeEntry) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	same := false
	switch link := info.Mode()&os.ModeSymlink != 0; {
	case link && in.Mode == filemode.Symlink:
		target, err := os.Readlink(path)
		same = err == nil && plumbing.ComputeHash(plumbing.BlobObject, []byte(target)) == in.Hash
	case !link && in.Mode != filemode.Symlink && in.Mode.IsFile():
		if same, err = c.sameFile(path, in.Hash); err != nil {
			return err
		}
	}
	if !same {
		return warnings("%s is not what the commit %s has: a step has changed or made it", path, c.head)
	}
	return nil
}

// sameFile tells whether a file is what git makes of a blob when it checks it
// out: the blob, perhaps with the line ends of another system, its own name in
// place of $Id$, or the content that it names as a pointer of Git LFS. What
// another filter makes is not known.
func (c checkout) sameFile(path string, hash plumbing.Hash) (bool, error) {
	content, err := readBounded(path)
	if err != nil {
		return false, err
	}
	plain := bytes.ReplaceAll(content, []byte("$Id: "+hash.String()+" $"), []byte("$Id$"))
	for _, form := range [][]byte{content, plain, unixLines(content), unixLines(plain)} {
		if plumbing.ComputeHash(plumbing.BlobObject, form) == hash {
			return true, nil
		}
	}
	blob, err := c.blob(hash)
	if err != nil {
		return false, err
	}
	return bytes.Equal(unixLines(blob), unixLines(plain)) || pointsTo(blob, content), nil
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
