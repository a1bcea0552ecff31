package build

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"syscall"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

func cacheExports(p plan.Build) []client.CacheOptionsEntry {
	entries := make([]client.CacheOptionsEntry, 0, len(p.CacheTo))
	for _, cache := range p.CacheTo {
		entries = append(entries, cacheEntry(cache))
	}
	return entries
}

// cacheImports leaves out directories that hold no cache yet, as on the first
// run of a workflow: BuildKit's client would make them, in the workspace.
func cacheImports(p plan.Build, log io.Writer) []client.CacheOptionsEntry {
	entries := make([]client.CacheOptionsEntry, 0, len(p.CacheFrom))
	for _, cache := range p.CacheFrom {
		if cache.Type == inputs.CacheLocal {
			if _, err := os.Stat(filepath.Join(cache.Attrs["src"], "index.json")); err != nil {
				fmt.Fprintf(log, "importing no cache from %s: %v\n", cache.Attrs["src"], err)
				continue
			}
		}
		entries = append(entries, cacheEntry(cache))
	}
	return entries
}

// cacheEntry copies the attributes: BuildKit's client adds to them.
func cacheEntry(cache inputs.Cache) client.CacheOptionsEntry {
	attrs := maps.Clone(cache.Attrs)
	for key, secret := range cache.Secrets {
		attrs[key] = secret.Reveal()
	}
	return client.CacheOptionsEntry{Type: string(cache.Type), Attrs: attrs}
}

// handOver gives the directory of an exported cache to the owner of the context:
// a container action runs as root, and later steps do not.
func handOver(p plan.Build) error {
	for _, cache := range p.CacheTo {
		if cache.Type != inputs.CacheLocal {
			continue
		}
		if err := giveTo(cmp.Or(p.Context, p.Workspace), cache.Attrs["dest"]); err != nil {
			return fmt.Errorf("giving the cache in %s to the owner of the workspace: %w", cache.Attrs["dest"], err)
		}
	}
	return nil
}

// giveTo gives a directory and all in it to the owner of like, and with it the
// directories above that were made for it.
func giveTo(like, dir string) error {
	uid, gid, err := owner(like)
	if err != nil || os.Getuid() != 0 || uid == 0 {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return root.Lchown(path, uid, gid)
	})
	for above := filepath.Dir(dir); err == nil && !holds(above, like); above = filepath.Dir(above) {
		is, _, statErr := owner(above)
		if statErr != nil || is != 0 {
			return statErr
		}
		err = os.Lchown(above, uid, gid)
	}
	return err
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
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("the owner of %s is not known", path)
	}
	return int(stat.Uid), int(stat.Gid), nil
}
