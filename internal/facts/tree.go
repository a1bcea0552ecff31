package facts

import (
	"context"
	"os"
	"path/filepath"

	"github.com/slipway-build/slipway/internal/plan"
)

// tree tells whose all is that is built, of this machine and fetched. A run that
// anybody can have caused has that proven; no other pays for it.
func (s Source) tree(ctx context.Context, f plan.Facts) plan.Tree {
	read := func() plan.Tree { return readTree(s.Build, f.Commit.SHA) }
	own := is(f.Commit.SHA)
	if f.Anybody() {
		own = s.own(ctx, f)
		read = func() plan.Tree { return proof{own: own}.of(s.Build) }
	}
	if len(s.Build) > 0 || len(s.Fetched) == 0 {
		if tree := read(); !tree.Own {
			return tree
		}
	}
	return plan.FetchedTree(f, s.Fetched, own)
}

// readTree tells whether all of the paths lie in checkouts of a commit. What
// cannot be read does not.
func readTree(paths []string, sha string) plan.Tree {
	var tree plan.Tree
	for _, path := range paths {
		if path == "" {
			return plan.Tree{}
		}
		dirs, err := around(path)
		if err != nil {
			return plan.Tree{Path: path}
		}
		for _, dir := range dirs {
			head := readHead(dir)
			if head == "" || head != sha {
				return plan.Tree{Path: path, Head: head}
			}
		}
		tree.Own = true
	}
	return tree
}

// around returns the directories in whose checkouts a path lies, links followed:
// its own, and of a file also that of what it leads to. BuildKit is given the
// directory, and follows a link inside it by rules of its own.
func around(path string) ([]string, error) {
	followed, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(followed)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return []string{followed}, nil
	}
	written, err := filepath.EvalSymlinks(filepath.Dir(path))
	return []string{written, filepath.Dir(followed)}, err
}

// readHead returns the commit at the head of the checkout around a directory, or
// "". The commit itself need not be there.
func readHead(dir string) string {
	repo, err := open(dir)
	if err != nil {
		return ""
	}
	head, err := repo.Head()
	if err != nil {
		return ""
	}
	return head.Hash().String()
}
