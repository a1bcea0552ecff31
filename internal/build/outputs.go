package build

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/workspace"
)

// like is the directory whose owner gets what is written.
func like(p plan.Build) string { return cmp.Or(p.Context, p.Workspace) }

// written are the files that one solve writes, an exported cache among them. Archives are written beside their
// place and put there when the solve has ended well; directories of type=local are
// written by BuildKit's client, which leaves none of them through a link.
type written struct {
	plan     plan.Build
	archives []*archive // in the order of the outputs; nil for type=local
	made     []string   // what is given to the owner of the workspace: paths, or the uppermost directories that are made for them
	kept     bool
	inline   bool // attestations are for what asks for them
}

func newWritten(p plan.Build) *written {
	w := &written{plan: p}
	for _, out := range p.Outputs {
		var a *archive
		if out.Type != inputs.OutputLocal {
			a = &archive{dir: filepath.Dir(out.Dest)}
		}
		w.archives, w.made = append(w.archives, a), append(w.made, workspace.Uppermost(out.Dest))
	}
	for _, cache := range p.CacheTo {
		if cache.Type == inputs.CacheLocal {
			w.made = append(w.made, workspace.Uppermost(cache.Attrs["dest"]))
		}
	}
	return w
}

// exports asks for the files. They come before the exports of the image: BuildKit
// puts all answers into one, the last over the others.
func (w *written) exports() []client.ExportEntry {
	var all []client.ExportEntry
	for i, out := range w.plan.Outputs {
		entry := client.ExportEntry{Type: string(out.Type), Attrs: map[string]string{}}
		if out.Type == inputs.OutputOCI && !solveopt.IsFalse(out.Attrs["oci-mediatypes"]) {
			maps.Copy(entry.Attrs, solveopt.AnnotationAttrs(w.plan))
		}
		if out.Type == inputs.OutputOCI && w.inline {
			entry.Attrs[string(exptypes.OptKeyForceInlineAttestations)] = "true"
		}
		maps.Copy(entry.Attrs, out.Attrs)
		if out.IsImage() {
			maps.Copy(entry.Attrs, solveopt.FileTimeAttrs(w.plan))
		}
		if a := w.archives[i]; a != nil {
			entry.Output = a.open
		} else {
			entry.OutputDir = out.Dest
		}
		all = append(all, entry)
	}
	return all
}

// keepAll puts what several solves have written to its place.
func keepAll(all []*written) error {
	errs := make([]error, len(all))
	for i, w := range all {
		errs[i] = w.keep()
	}
	return errors.Join(errs...)
}

// keep puts what is written to its place.
func (w *written) keep() error {
	w.kept = true
	var errs []error
	for i, out := range w.plan.Outputs {
		var err error
		switch a := w.archives[i]; {
		case a == nil:
			continue
		case out.Unpacked:
			err = a.unpack(out.Dest)
		default:
			err = a.moveTo(out.Dest)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("writing %s: %w", out, err))
		}
	}
	return errors.Join(append(errs, w.handOver())...)
}

// end removes what was not kept, and hands over what a build that has failed has
// left in directories. What goes wrong with that does not matter any more.
func (w *written) end() {
	for _, a := range w.archives {
		if a != nil {
			a.remove()
		}
	}
	if !w.kept {
		_ = w.handOver()
	}
}

// scarce is how little room there is on a disk that is called full, in bytes.
const scarce = 256 << 10

// full says that a solve has failed because there is no room for a file, or returns
// nil: BuildKit says "EOF" then, or speaks of a disk as if it were its own.
func (w *written) full(err error) error {
	for _, out := range w.plan.Outputs {
		var disk unix.Statfs_t
		if unix.Statfs(filepath.Dir(out.Dest), &disk) == nil && disk.Bavail*uint64(disk.Bsize) < scarce { //nolint:gosec // a block has a size
			return fmt.Errorf("writing %s: the disk is full, of the runner and not of the builder: %w", out, diagnose.Trim(err))
		}
	}
	return nil
}

// handOver gives what is there to the owner of the workspace.
func (w *written) handOver() error {
	var errs []error
	for _, path := range w.made {
		if _, err := os.Lstat(path); err != nil {
			continue // not written
		}
		if err := workspace.GiveTo(like(w.plan), path); err != nil {
			errs = append(errs, fmt.Errorf("giving %s to the owner of the workspace: %w", path, err))
		}
	}
	return errors.Join(errs...)
}

// archive is a file that BuildKit writes. There is nothing before it does.
type archive struct {
	dir   string // where the file is, under a name of its own
	mu    sync.Mutex
	file  *os.File
	ended bool
}

// open is called when BuildKit begins to write.
func (a *archive) open(map[string]string) (io.WriteCloser, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file != nil || a.ended {
		return nil, errors.New("it is not to be written any more")
	}
	if err := workspace.MakeDirectory(a.dir); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(a.dir, ".slipway-*.part")
	if err != nil {
		return nil, err
	}
	a.file = file
	return file, nil
}

// moveTo puts the whole archive to its place, over what is there.
func (a *archive) moveTo(path string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return errNothingSent
	}
	if err := workspace.CheckPath(a.dir); err != nil {
		return err
	}
	if err := os.Chmod(a.file.Name(), 0o644); err != nil { //nolint:gosec // the runner's user reads it
		return err
	}
	return os.Rename(a.file.Name(), path)
}

var errNothingSent = errors.New("BuildKit has sent nothing")

// remove leaves nothing of an archive that was not put to its place.
func (a *archive) remove() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if a.file == nil {
		return
	}
	_ = a.file.Close()           // it may be closed
	_ = os.Remove(a.file.Name()) // it may be at its place
}
