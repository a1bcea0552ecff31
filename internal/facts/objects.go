package facts

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// object reads an object of git and holds it to its name, which go-git does not.
func (c checkout) object(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	cannot := func(why any) error {
		return warnings("the checkout at %s lacks the %s %s (%v); check it out without a filter", c.root, kind, hash, why)
	}
	found, err := c.repo.Storer.EncodedObject(kind, hash)
	if err != nil {
		return nil, cannot(err)
	}
	r, err := found.Reader()
	if err != nil {
		return nil, cannot(err)
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, cannot(err)
	}
	if plumbing.ComputeHash(kind, content) != hash {
		return nil, warnings("in the checkout at %s something else is stored as the %s %s", c.root, kind, hash)
	}
	whole := &plumbing.MemoryObject{}
	whole.SetType(kind)
	_, err = whole.Write(content)
	return whole, err
}

// tree returns the tree that the commit has for a directory.
func (c checkout) tree(dir string) (*object.Tree, error) {
	stored, err := c.object(plumbing.CommitObject, c.head)
	if err != nil {
		return nil, err
	}
	commit, err := object.DecodeCommit(nil, stored)
	if err != nil {
		return nil, warnings("the commit %s cannot be read: %v", c.head, err)
	}
	tree, err := c.subtree(commit.TreeHash)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(c.root, dir)
	if err != nil || rel == "." {
		return tree, err
	}
	for name := range strings.SplitSeq(rel, string(filepath.Separator)) {
		in := entry(tree, name)
		if in == nil || in.Mode != filemode.Dir {
			return nil, warnings("the commit %s, at which the git checkout around it is, has no directory %s", c.head, rel)
		}
		if tree, err = c.subtree(in.Hash); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func (c checkout) subtree(hash plumbing.Hash) (*object.Tree, error) {
	stored, err := c.object(plumbing.TreeObject, hash)
	if err != nil {
		return nil, err
	}
	tree, err := object.DecodeTree(nil, stored)
	if err != nil {
		return nil, warnings("the tree %s cannot be read: %v", hash, err)
	}
	return tree, nil
}

func entry(tree *object.Tree, name string) *object.TreeEntry {
	for i := range tree.Entries {
		if tree.Entries[i].Name == name {
			return &tree.Entries[i]
		}
	}
	return nil
}

// whole holds all that is in a directory to its tree. What the tree has besides
// may be missing.
func (c checkout) whole(dir string, tree *object.Tree) error {
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, one := range there {
		path := filepath.Join(dir, one.Name())
		if dir == c.root && one.Name() == ".git" {
			continue
		}
		if err := c.part(path, one.IsDir(), entry(tree, one.Name())); err != nil {
			return err
		}
	}
	return nil
}

// part holds something of a directory to what its tree has there.
func (c checkout) part(path string, isDir bool, in *object.TreeEntry) error {
	switch {
	case in == nil:
		return warnings("%s is not in the commit %s; a checkout inside another, which is no submodule of it, must be as it was checked out: check it out beside the other", path, c.head)
	case isDir && in.Mode == filemode.Dir:
		tree, err := c.subtree(in.Hash)
		if err != nil {
			return err
		}
		return c.whole(path, tree)
	case isDir && in.Mode == filemode.Submodule:
		return c.whole(path, &object.Tree{}) // it is not fetched
	}
	return c.same(path, *in)
}

// file holds a file or a link to the commit.
func (c checkout) file(path string) error {
	tree, err := c.tree(filepath.Dir(path))
	if err != nil {
		return err
	}
	in := entry(tree, filepath.Base(path))
	if in == nil {
		return warnings("the commit %s has no file %s: a step has made it", c.head, path)
	}
	return c.same(path, *in)
}
