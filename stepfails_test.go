package main

import (
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
