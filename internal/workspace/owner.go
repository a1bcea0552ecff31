package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Uppermost returns what is to be given away when a path is written: the first of
// the directories above it that is not there yet, else the path.
func Uppermost(path string) string {
	for above := filepath.Dir(path); ; above = filepath.Dir(path) {
		if _, err := os.Lstat(above); !errors.Is(err, fs.ErrNotExist) {
			return path
		}
		path = above
	}
}

// CheckPath refuses a directory whose path has changed since the inputs were read, which
// had followed every link: one that leads elsewhere now may be the image's own, out
// of type=local.
func CheckPath(dir string) error {
	there := filepath.Dir(Uppermost(filepath.Join(dir, "any")))
	followed, err := filepath.EvalSymlinks(there)
	if err == nil && followed != there {
		err = fmt.Errorf("there is a link in its path now, which leads to %s", followed)
	}
	return err
}

// MakeDirectory makes a directory and those above it.
func MakeDirectory(dir string) error {
	if err := CheckPath(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755) //nolint:gosec // the runner's user reads it
}

// GiveTo gives a file, or a directory and all in it, to the owner of like: a
// container action runs as root, and later steps do not. What is not root's stays
// whose it is. Links are given and not followed. A device, which an image may hold
// and only root can make, stays root's and is for nobody else to open.
func GiveTo(like, path string) error {
	uid, gid, err := owner(like)
	if err != nil || os.Getuid() != 0 || uid == 0 {
		return err
	}
	if err := CheckPath(filepath.Dir(path)); err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return giveAll(root, filepath.Base(path), uid, gid)
}

// giveAll goes through what fs.WalkDir would, which refuses names that are not UTF-8.
func giveAll(root *os.Root, path string, uid, gid int) error {
	info, err := root.Lstat(path)
	if err != nil {
		return err
	}
	if err := giveOne(root, path, info, uid, gid); err != nil || !info.IsDir() {
		return err
	}
	dir, err := root.Open(path)
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return err
	}
	for _, name := range names {
		if err := giveAll(root, filepath.Join(path, name), uid, gid); err != nil {
			return err
		}
	}
	return nil
}

func giveOne(root *os.Root, path string, info fs.FileInfo, uid, gid int) error {
	if is, _, err := ownerOf(info); err != nil || is != 0 {
		return err
	}
	if info.Mode()&fs.ModeDevice != 0 {
		return root.Chmod(path, 0o600)
	}
	return root.Lchown(path, uid, gid)
}

func owner(path string) (uid, gid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	return ownerOf(info)
}

func ownerOf(info fs.FileInfo) (uid, gid int, err error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("the owner of %s is not known", info.Name())
	}
	return int(stat.Uid), int(stat.Gid), nil
}
