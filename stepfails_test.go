package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestStepThatSpeaksOfAPush has a step fail with all the words of a push that broke
// off: it is a step, at its place, and runs once.
func TestStepThatSpeaksOfAPush(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM " + base.Name() + "\nRUN echo failed to push " + registry.Host + "/octo/repo: connection reset by peer: EOF; exit 1\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error file=Dockerfile,line=2::building: ")
	if strings.Contains(r.said(), "trying again") || strings.Contains(r.said(), "pushing by digest") {
		t.Errorf("it is taken for a push:\n%s", r.said())
	}
}

// TestStepWithoutMemory has the kernel kill a step whose control group has a limit.
func TestStepWithoutMemory(t *testing.T) {
	t.Parallel()
	group := smallGroup(t)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		// tail keeps a line until it ends.
		dockerfile: "FROM " + base.Name() + "\nRUN echo begins \\\n && tail /dev/zero\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "INPUT_CGROUP-PARENT=" + group},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error endLine=3,file=Dockerfile,line=2::building: ", "use a machine with more, or let the step do less at a time")
	r.mustAnnotateOnce()
}

// smallGroup makes a control group whose processes have little memory.
func smallGroup(t *testing.T) string {
	t.Helper()
	const limit = "67108864"
	name := fmt.Sprintf("slipway-test-%d", os.Getpid())
	root, file := "/sys/fs/cgroup", "memory.max"
	if _, err := os.Stat("/sys/fs/cgroup/memory"); err == nil { // version 1
		root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	}
	dir := filepath.Join(root, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("making a control group: %v", err)
	}
	t.Cleanup(func() { // runc makes it under every controller, and leaves the steps' own
		for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
			for _, left := range []string{pattern + "/*", pattern} {
				paths, _ := filepath.Glob(left)
				for _, path := range paths {
					_ = os.Remove(path) // but files, which are the kernel's
				}
			}
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, file), []byte(limit), 0o600); err != nil {
		t.Skipf("limiting a control group: %v", err)
	}
	return "/" + name
}
