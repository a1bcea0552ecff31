package testenv

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// killNaming ends the processes that name a file below dir in their arguments, and what these have started: the shim of
// a container is a child of process 1, so that it outlives an engine that is killed.
func killNaming(dir string) {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		process, err := os.FindProcess(pid) // before the arguments are read, so that they are this process's
		if err != nil {
			continue
		}
		arguments, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(arguments, []byte(dir+"/")) {
			_ = process.Release()
			continue
		}
		for _, member := range append(descendants(pid), process) {
			_ = member.Kill()
			_ = member.Release()
		}
	}
}

// unmountUnder detaches what is mounted below dir, innermost first: a killed buildkitd leaves the overlays of its
// running steps, and nothing can be removed under a mount.
func unmountUnder(dir string) error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(mounts)), "\n")
	for _, line := range slices.Backward(lines) {
		fields := strings.Fields(line)
		if len(fields) < 5 || !strings.HasPrefix(fields[4], dir+"/") {
			continue
		}
		if err := syscall.Unmount(fields[4], syscall.MNT_DETACH); err != nil {
			return &os.PathError{Op: "unmount", Path: fields[4], Err: err}
		}
	}
	return nil
}
