package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestContextOfManyFiles sends five thousand empty files. By hand it was half a
// million: 135 s, 23 s when nothing had changed, and 213 MB of memory.
func TestContextOfManyFiles(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	const dirs, files, maxMemory = 10, 500, 300 << 20 // bytes, with the race detector
	many := map[string][]byte{}
	for d := range dirs {
		for f := range files {
			many[filepath.Join("many", fmt.Sprint(d), fmt.Sprint(f))] = nil
		}
	}
	r := start(t, step{
		dockerfile: "FROM " + base.Name() + "\nCOPY many /many\nRUN echo there are $(find /many -type f | wc -l)\n",
		files:      many,
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "INPUT_PUSH=false"},
	})
	peak := r.peak()
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, r.said())
	}
	r.mustSay(fmt.Sprintf("there are %d\n", dirs*files))
	if peak > maxMemory {
		t.Errorf("it took %d MiB of memory", peak>>20)
	}
}
