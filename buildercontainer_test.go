package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestBuilderContainer builds in a container that a run makes for itself beside an
// engine whose own BuildKit cannot do what is asked.
func TestBuilderContainer(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]testenv.EngineOptions{
		"Docker 29":                     {},
		"Docker 29 with a graph driver": {GraphDriver: true},
		"Docker 20.10":                  {Old: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testBuilderContainer(t, options)
		})
	}
}

func testBuilderContainer(t *testing.T, options testenv.EngineOptions) {
	t.Helper()
	at := newSite(t, options)
	s := at.step("repo", "FROM --platform=linux/amd64 "+at.base.Name()+"\nRUN --mount=type=secret,id=key test \"$(cat /run/secrets/key)\" = correct-horse\n",
		"INPUT_TAGS=1.2.3,both", "INPUT_PLATFORMS=linux/amd64,linux/arm64", "INPUT_SECRETS=key=correct-horse")
	before := inEngine(t, at.engine)
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("Building with BuildKit in the container slipway-", "digest  "+remoteDigest(t, at.registry.Host+"/octo/repo:1.2.3"), "digest  "+remoteDigest(t, at.registry.Host+"/octo/repo:both"))
	if after := inEngine(t, at.engine); after != before {
		t.Errorf("the engine holds %s, and held %s before", after, before)
	}
}

// site is an engine beside a registry that it reaches, and what a step needs to
// build there in a container of its own.
type site struct {
	engine   *testenv.Engine
	registry *testenv.Registry
	program  string
	image    string // with buildkitd
	base     name.Reference
}

func newSite(t *testing.T, options testenv.EngineOptions) site {
	t.Helper()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, options)
	engine.Forward(t, registry.Host)
	return site{engine, registry, staticSlipway(t), testenv.BuildkitImage(t, registry.Host), testenv.BaseImage(t, registry.Host)}
}

// step builds a Dockerfile on this site for a repository of its own.
func (s site) step(repository, dockerfile string, env ...string) step {
	return step{program: s.program, dockerfile: dockerfile, env: append([]string{
		"INPUT_REGISTRY=" + s.registry.Host, "GITHUB_REPOSITORY=octo/" + repository, "DOCKER_HOST=" + s.engine.Host,
		"INPUT_BUILDER=container", "INPUT_BUILDER-IMAGE=" + s.image,
	}, env...)}
}

// TestBuilderContainerIsGone ends a run in every way there is, in the middle of a step:
// the container is gone with its volume, also when nobody could clean up.
func TestBuilderContainerIsGone(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{GraphDriver: true})
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		r := start(t, at.step("repo", "FROM "+at.base.Name()+"\nRUN echo started; sleep 1000\n"))
		r.waitForStep()
		if held := inEngine(t, at.engine); !strings.Contains(held, "/slipway-") {
			t.Errorf("%s: the engine holds %s, want a container of the run", signal, held)
		}
		ended := time.Now()
		if err := r.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		r.wait()
		for inEngine(t, at.engine) != "[]" {
			if time.Since(ended) > cleanUpWithin {
				t.Fatalf("%s: the engine still holds %s", signal, inEngine(t, at.engine))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	r := start(t, at.step("repo", "FROM "+at.base.Name()+"\nRUN echo started; sleep 1000\n"))
	r.waitForStep()
	at.engine.RemoveContainers(t)
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d when the container was killed, want 1", code)
	}
	r.mustSay("::error", "BuildKit in the container slipway-", "ended or cannot be reached any more")
}

// TestBuilderContainerVolume keeps the cache from run to run where a volume is named, and
// does without it where another run has it.
func TestBuilderContainerVolume(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{GraphDriver: true})
	keep := "INPUT_BUILDER-VOLUME=slipway-cache"
	s := at.step("repo", "FROM "+at.base.Name()+"\nRUN echo once > /once\n", keep)
	for _, want := range []string{"RUN echo once > /once", "CACHED"} {
		r := start(t, s)
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		r.mustSay(want, "digest  "+remoteDigest(t, at.registry.Host+"/octo/repo:latest"))
	}
	sleeping := start(t, at.step("other", "FROM "+at.base.Name()+"\nRUN echo started; sleep 1000\n", keep))
	sleeping.waitForStep()
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d beside another run, want 0", code)
	}
	r.mustSay("without the volume slipway-cache, which another run uses", "digest  "+remoteDigest(t, at.registry.Host+"/octo/repo:latest"))
	sleeping.mustEndInTime(syscall.SIGINT)
	if held := inEngine(t, at.engine); held != "[volume slipway-cache]" {
		t.Errorf("the engine holds %s, want the volume alone", held)
	}
}

// TestAdopted uses the container that buildx has started for an earlier step, and
// leaves it running.
func TestAdopted(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{GraphDriver: true})
	const builder = "buildx_buildkit_builder-5cb467f7-0940-47e1-b94b-d51f54054d620"
	at.engine.RunBuilder(t, builder, at.image)
	before := inEngine(t, at.engine)
	s := at.step("repo", "FROM --platform=linux/amd64 "+at.base.Name()+"\nRUN echo built\n", "INPUT_BUILDER=auto", "INPUT_BUILDER-IMAGE=", "INPUT_PLATFORMS=linux/amd64,linux/arm64")
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("Not building with the Docker engine at", "it cannot make several platforms in one image",
		"Building with BuildKit in the builder container "+builder, "digest  "+remoteDigest(t, at.registry.Host+"/octo/repo:latest"))
	if after := inEngine(t, at.engine); after != before {
		t.Errorf("the engine holds %s, and held %s before", after, before)
	}
}

// inEngine lists the containers and volumes of an engine.
func inEngine(t *testing.T, engine *testenv.Engine) string {
	t.Helper()
	docker, err := moby.New(moby.WithHost(engine.Host))
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	var held []string
	containers, err := docker.ContainerList(ctx, moby.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		held = append(held, strings.Join(c.Names, ",")+" "+string(c.State))
	}
	volumes, err := docker.VolumeList(ctx, moby.VolumeListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range volumes.Items {
		held = append(held, "volume "+v.Name)
	}
	slices.Sort(held) // an engine lists in any order
	return "[" + strings.Join(held, "; ") + "]"
}

// staticSlipway is the program as it is released: unlike the test binary, it
// runs in an image that has nothing else.
func staticSlipway(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slipway")
	cmd := testenv.Command(t, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "grpcnotrace", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building slipway: %v\n%s", err, said)
	}
	return path
}
