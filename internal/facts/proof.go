package facts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/slipway-build/slipway/internal/plan"
)

// proof holds what is built to the commits of the repository: to the objects
// themselves, each of which is hashed. The head of a checkout and its index are
// files that whoever has made the directory may have written.
type proof struct {
	own func(commit string) error // says why a commit is not the repository's own
}

// unprovenError is why a path is not known to be of one of the repository's commits.
type unprovenError struct {
	head string // commit that is checked out around it, where that is the reason
	why  string // empty where there is no checkout
}

func (d *unprovenError) Error() string { return d.why }

// warnings makes the text of a unprovenError.
func warnings(format string, args ...any) error {
	return &unprovenError{why: fmt.Sprintf(format, args...)}
}

// of is the tree of paths: directories, whole contexts each, and Dockerfiles.
func (p proof) of(paths []string) plan.Tree {
	var tree plan.Tree
	for _, path := range paths {
		if path == "" {
			return plan.Tree{}
		}
		if err := p.path(path); err != nil {
			var d *unprovenError
			if !errors.As(err, &d) {
				d = &unprovenError{why: err.Error()}
			}
			return plan.Tree{Path: path, Head: d.head, Why: d.why}
		}
		tree.Own = true
	}
	return tree
}

func (p proof) path(path string) error {
	followed, err := filepath.EvalSymlinks(path)
	if err != nil {
		return &unprovenError{}
	}
	info, err := os.Stat(followed)
	if err != nil {
		return &unprovenError{}
	}
	if !info.IsDir() {
		return p.file(path)
	}
	at, err := p.around(followed)
	if err != nil {
		return err
	}
	tree, err := at.tree(followed)
	if err != nil || !at.apart {
		return err
	}
	return at.whole(followed, tree)
}

// around returns the checkout around a directory, whose commit is the
// repository's own, or recorded by one that is, as that of a submodule.
func (p proof) around(dir string) (checkout, error) {
	root, ok := worktreeAround(dir)
	if !ok {
		return checkout{}, &unprovenError{}
	}
	at, err := openWorktree(root)
	if err != nil {
		return checkout{}, err
	}
	if _, at.apart = worktreeAround(filepath.Dir(root)); at.apart && p.submodule(at) {
		at.apart = false
		return at, nil
	}
	if err := p.own(at.head.String()); err != nil {
		return checkout{}, &unprovenError{head: at.head.String(), why: err.Error()}
	}
	return at, nil
}

// submodule tells whether the checkout around another records its commit.
func (p proof) submodule(at checkout) bool {
	above := filepath.Dir(at.root)
	outer, err := p.around(above)
	if err != nil {
		return false
	}
	tree, err := outer.tree(above)
	if err != nil {
		return false
	}
	in := entry(tree, filepath.Base(at.root))
	return in != nil && in.Mode == filemode.Submodule && in.Hash == at.head
}

// mostLinks is how many links from one to the next are followed, as by Linux.
const mostLinks = 40

// file holds a Dockerfile to the commit. BuildKit is given its directory, and
// follows a link inside it by rules of its own: only where these lead to the same
// file as the system's is a link taken.
func (p proof) file(path string) error {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return &unprovenError{}
	}
	name := filepath.Base(path)
	for range mostLinks {
		full := filepath.Join(dir, name)
		if there, err := filepath.EvalSymlinks(filepath.Dir(full)); err != nil || there != filepath.Dir(full) {
			return warnings("there is a link on the way to %s", full)
		}
		at, err := p.around(filepath.Dir(full))
		if err != nil {
			return err
		}
		if err := at.file(full); err != nil {
			return err
		}
		target, err := os.Readlink(full)
		if err != nil {
			return nil //nolint:nilerr // it is the file itself
		}
		if name = filepath.Join(filepath.Dir(name), target); filepath.IsAbs(target) || !filepath.IsLocal(name) {
			return warnings("%s is a link that leads out of its directory", full)
		}
	}
	return warnings("it is a link with no end")
}
