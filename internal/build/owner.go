package build

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/slipway-build/slipway/internal/plan"
)

// like is the directory whose owner gets what is written.
func like(p plan.Build) string { return cmp.Or(p.Context, p.Workspace) }

// giveTo gives a file, or a directory and all in it, to the owner of like, and
// with it the directories above that were made for it: a container action runs as
// root, and later steps do not. What is not root's stays whose it is.
func giveTo(like, path string) error {
	uid, gid, err := owner(like)
	if err != nil || os.Getuid() != 0 || uid == 0 {
		return err
	}
	err = giveAll(path, uid, gid)
	for above := filepath.Dir(path); err == nil && !holds(above, like); above = filepath.Dir(above) {
		is, _, statErr := owner(above)
		if statErr != nil || is != 0 {
			return statErr
		}
		err = os.Lchown(above, uid, gid)
	}
	return err
}

// giveAll gives what is root's at a path and, of a directory, in it. Links are
// given and not followed.
func giveAll(path string, uid, gid int) error {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), filepath.Base(path), func(inside string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := root.Lstat(inside)
		if err != nil {
			return err
		}
		if is, _, err := ownerOf(info); err != nil || is != 0 {
			return err
		}
		return root.Lchown(inside, uid, gid)
	})
}

// holds tells whether a path is dir or below it.
func holds(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err != nil || filepath.IsLocal(rel)
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
