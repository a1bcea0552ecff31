package facts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// checkout is a directory of files and the commit that they are said to be of.
type checkout struct {
	root  string // with .git in it; links followed
	repo  *git.Repository
	head  plumbing.Hash
	apart bool // lies in another checkout, which does not record it
}

// worktreeAround finds the directory with .git in it around another, whose links
// are followed.
func worktreeAround(dir string) (string, bool) {
	for {
		if _, err := os.Lstat(filepath.Join(dir, git.GitDirName)); err == nil {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
		dir = filepath.Dir(dir)
	}
}

// openWorktree opens a checkout that git itself would have made so: .git is a
// directory, or a file that names a directory which names it in return.
func openWorktree(root string) (checkout, error) {
	info, err := os.Lstat(filepath.Join(root, git.GitDirName))
	if err != nil {
		return checkout{}, &unprovenError{}
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return checkout{}, warnings("%s is neither a directory nor a file", filepath.Join(root, git.GitDirName))
	}
	if _, err := os.Lstat(filepath.Join(root, git.GitDirName, "commondir")); err == nil {
		return checkout{}, warnings("the repository in %s has its objects from another", root)
	}
	repo, err := open(root)
	if err != nil {
		return checkout{}, &unprovenError{}
	}
	head, err := repo.Head()
	if err != nil {
		return checkout{}, &unprovenError{}
	}
	if !info.IsDir() && !mutual(root, repo) {
		return checkout{}, warnings("%s names a repository that does not know of %s", filepath.Join(root, git.GitDirName), root)
	}
	return checkout{root: root, repo: repo, head: head.Hash()}, nil
}

// mutual tells whether the repository that a .git file names is that of a
// worktree or of a submodule which is at root: of these git writes both ends.
func mutual(root string, repo *git.Repository) bool {
	own, err := gitDir(root)
	if err != nil {
		return false
	}
	if own, err = filepath.EvalSymlinks(own); err != nil {
		return false
	}
	back, err := readBounded(filepath.Join(own, "gitdir"))
	if errors.Is(err, os.ErrNotExist) { // a submodule's
		c, err := repo.Config()
		return err == nil && c.Core.Worktree != "" && samePath(inDir(own, c.Core.Worktree), root)
	}
	if err != nil {
		return false
	}
	common, err := readBounded(filepath.Join(own, "commondir"))
	return err == nil &&
		samePath(inDir(own, string(back)), filepath.Join(root, git.GitDirName)) &&
		samePath(filepath.Join(inDir(own, string(common)), "worktrees"), filepath.Dir(own))
}

// samePath tells whether a path leads to one whose links are followed.
func samePath(path, followed string) bool {
	there, err := filepath.EvalSymlinks(path)
	return err == nil && there == followed
}

// most is the largest file or object of git that is read, in bytes: GitHub takes
// none that is larger
// (https://docs.github.com/en/repositories/creating-and-managing-repositories/about-large-files-on-github).
const most = 100 << 20

// readBounded reads a regular file.
func readBounded(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, most)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most+1))
}
