package session

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// withFileTime has no file of a context be older than a time, because exporters
// change later times alone: a checkout that was there before the commit is older
// in parts. What time a file gets depends on the one that it has, by which BuildKit
// sees that it has changed.
func withFileTime(files fsutil.FS, at time.Time) (fsutil.FS, error) {
	if at.IsZero() {
		return files, nil
	}
	return fsutil.NewFilterFS(files, &fsutil.FilterOpt{Map: func(_ string, stat *types.Stat) fsutil.MapResult {
		if stat.ModTime <= at.UnixNano() {
			stat.ModTime = at.UnixNano() + 1 + spread(stat.ModTime)
		}
		return fsutil.MapResultKeep
	}})
}

// spread turns a time into less than a second.
func spread(nanoseconds int64) int64 {
	sum := fnv.New64a()
	_, _ = sum.Write(binary.BigEndian.AppendUint64(nil, uint64(nanoseconds))) //nolint:gosec // any bits do
	return int64(sum.Sum64() % uint64(time.Second-1))
}
