package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
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

// TestEngineWithGraphDriver has a BuildKit that drops a push without a word: the
// engine pushes, and the digest is the one that it says while it does.
func TestEngineWithGraphDriver(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]testenv.EngineOptions{"Docker 29": {GraphDriver: true}, "Docker 20.10": {Old: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testGraphDriver(t, options)
		})
	}
}

func testGraphDriver(t *testing.T, options testenv.EngineOptions) {
	t.Helper()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}},
		testenv.Grant{User: "reader", Password: password, Repository: "*", Actions: []string{"pull"}})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	engine := testenv.NewEngine(t, options)
	engine.Forward(t, registry.Host)
	engine.Forward(t, tokens.Host)
	base := testenv.BaseImage(t, registry.Host, withLogin())
	s := step{
		dockerfile: "FROM " + base.Name() + "\nRUN --mount=type=secret,id=key test \"$(cat /run/secrets/key)\" = correct-horse\n",
		env: []string{
			"INPUT_REGISTRY=" + registry.Host, "INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password,
			"INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_TAGS=latest,1.2.3", "INPUT_SECRETS=key=correct-horse",
		},
	}
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("which keeps images with a graph driver")
	for _, tag := range []string{"latest", "1.2.3"} {
		r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/repo:"+tag, withLogin()))
	}

	// A user who may not push, found by the engine where nobody asked before.
	refused := s
	refused.env = append(slices.Clone(s.env), "INPUT_USERNAME=reader", "INPUT_PREFLIGHT=false", "INPUT_LABELS=a=b")
	r = start(t, refused)
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "pushing "+registry.Host+"/octo/repo:1.2.3")

	// More than it can do is refused before the build, or goes to the next
	// builder, never half done.
	s.dockerfile = "FROM scratch\nCOPY Dockerfile /\n"
	s.env = append(slices.Clone(s.env), "INPUT_PLATFORMS=linux/amd64,linux/arm64")
	r = start(t, s)
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "it cannot make several platforms in one image (linux/amd64, linux/arm64)")
	s.env = append(s.env, "INPUT_BUILDER=auto")
	r = start(t, s)
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	r.mustSay("Not building with the Docker engine at "+engine.Host, "Building with buildkitd as a child process",
		"digest  "+remoteDigest(t, registry.Host+"/octo/repo:latest", withLogin()))
}

// TestEngineByTag has engines publish to a registry that gives an image by its
// tags alone: an engine with a graph driver pushes by a tag anyway.
func TestEngineByTag(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]testenv.EngineOptions{"containerd": {}, "graph driver": {GraphDriver: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			byTag := testenv.NewProxy(t, registry.Host, testenv.ProxyOptions{Fault: onlyByTag})
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, byTag.Host)
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env: []string{
					"GITHUB_SERVER_URL=https://" + byTag.Host, "INPUT_REGISTRY=" + byTag.Host, "INPUT_TAGS=latest,1.2.3",
					"INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_LOAD=true", "INPUT_PUSH=true",
				},
			})
			if code := r.wait(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, r.said())
			}
			for _, tag := range []string{"latest", "1.2.3"} {
				r.mustSay("digest  " + remoteDigest(t, byTag.Host+"/octo/repo/repo:"+tag))
			}
		})
	}
}

func withLogin() remote.Option {
	return remote.WithAuth(&authn.Basic{Username: user, Password: password})
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
	if strings.Contains(r.said(), "::group::Build") {
		t.Error("it built all the same")
	}
}

// remoteDigest is what a registry answers for a reference.
func remoteDigest(t *testing.T, text string, options ...remote.Option) string {
	t.Helper()
	ref, err := name.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := remote.Head(ref, options...)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Digest.String()
}

// remoteConfig is the digest of the config of an image in a registry.
func remoteConfig(t *testing.T, text string) string {
	t.Helper()
	img, err := image(text)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return config.String()
}
