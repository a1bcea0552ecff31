package testenv

import (
	"os"
	"slices"
	"strings"
	"syscall"
)

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
