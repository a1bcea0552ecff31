// Package processes tells which processes of this machine have started which, and
// what programs that are not ours are found by and may see.
package processes

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// Children lists the children of every process that has any, from /proc. A
// process that ends meanwhile may be missing.
func Children() map[int][]int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The line is "pid (name) state parent ...", and the name may hold blanks and brackets.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(string(fields[1])); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	return children
}
