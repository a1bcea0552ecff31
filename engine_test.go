package main

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestEngineWithContainerdStore builds and publishes through the BuildKit of a
// Docker engine 29, reached as a container action reaches it: by its socket.
func TestEngineWithContainerdStore(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	engine := testenv.NewEngine(t, testenv.EngineOptions{})
	engine.Forward(t, registry.Host)
	environment := []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_SECRETS=key=correct-horse"}

	r := start(t, step{
		dockerfile: "FROM " + base.Name() + "\nRUN --mount=type=secret,id=key test \"$(cat /run/secrets/key)\" = correct-horse\n",
		env:        environment,
	})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("Building with BuildKit inside the Docker engine at " + engine.Host)
	r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/repo:latest"))

	r = start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        append(environment, "INPUT_PLATFORMS=linux/amd64,linux/arm64", "INPUT_TAGS=1.2.3,both"),
	})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/repo:both"))
	r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/repo:1.2.3"))
}

// TestEngineWithGraphDriver is refused with its reason, and auto goes on to the
// next builder: such an engine would drop the push without a word.
func TestEngineWithGraphDriver(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	s := step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host},
	}
	r := start(t, s)
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "it keeps its images with a graph driver", "containerd image store")

	s.env = append(s.env, "INPUT_BUILDER=auto")
	r = start(t, s)
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	r.mustSay("Building with buildkitd as a child process", "digest  "+remoteDigest(t, registry.Host+"/octo/repo:latest"))
}

// TestEngineThatIsNotThere names the socket.
func TestEngineThatIsNotThere(t *testing.T) {
	t.Parallel()
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_PUSH=false", "INPUT_BUILDER=docker", "DOCKER_HOST=unix:///nowhere/docker.sock"},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "unix:///nowhere/docker.sock")
	if strings.Contains(r.said(), "load build definition") {
		t.Error("it built all the same")
	}
}

// remoteDigest is what a registry answers for a reference.
func remoteDigest(t *testing.T, text string) string {
	t.Helper()
	ref, err := name.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := remote.Head(ref)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Digest.String()
}
