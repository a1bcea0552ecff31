package main

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestImageThatOnlyTheEngineHas builds FROM an image of the engine's store with a
// BuildKit that does not see it.
func TestImageThatOnlyTheEngineHas(t *testing.T) {
	t.Parallel()
	const image = "app.example.com/octo/app"
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			at := newSite(t, options)
			finish(t, at.step("repo", "FROM scratch\nCOPY Dockerfile /\n", "INPUT_BUILDER=docker", "INPUT_BUILDER-IMAGE=", "INPUT_IMAGE="+image, "INPUT_LOAD=true", "INPUT_PUSH=false"))
			for _, env := range [][]string{{"INPUT_BUILDER=container"}, {"INPUT_BUILDER=local", "INPUT_BUILDER-IMAGE="}} {
				r := start(t, at.step("repo", "FROM "+image+"\nLABEL a=b\n", append(env, "INPUT_PUSH=false")...))
				if code := r.wait(); code != 1 {
					t.Errorf("%s: exit code %d, want 1", env, code)
				}
				r.mustSay("::error file=Dockerfile,line=1::building: ", "the Docker engine at "+at.engine.Host+" has "+image+":latest in its store, which only its own BuildKit sees: set `builder: docker`")
				if strings.Contains(r.said(), "cannot be reached") {
					t.Errorf("%s: it blames the registry:\n%s", env, r.said())
				}
			}
			finish(t, at.step("repo", "FROM "+image+"\nLABEL a=b\n", "INPUT_BUILDER=docker", "INPUT_BUILDER-IMAGE=", "INPUT_PUSH=false"))
		})
	}
}

// TestMirrorsOfTheEngine has an engine that pulls from Docker Hub through a mirror,
// which another BuildKit cannot know.
func TestMirrorsOfTheEngine(t *testing.T) {
	t.Parallel()
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	proxy := testenv.NewProxy(t, engine.OverTCP(t), testenv.ProxyOptions{Fault: testenv.Faults(
		testenv.Fault{Path: "/info", Answer: testenv.Answer{Body: `{"RegistryConfig":{"Mirrors":["https://mirror.example.com/"]}}`}},
	)})
	r := start(t, step{
		dockerfile: "FROM octo/nowhere\nLABEL a=b\n",
		env:        []string{"INPUT_REGISTRY=ghcr.io", "INPUT_BUILDER=local", "INPUT_PUSH=false", "DOCKER_HOST=tcp://" + proxy.Host},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("pulls from Docker Hub through https://mirror.example.com/, and this builder does not know that mirror")
}

// TestOldFrontend has a Dockerfile that the frontend of Docker 20.10 is too old for.
func TestOldFrontend(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{Old: true})
	for what, dockerfile := range map[string]string{
		"heredocs (<<)":  "FROM " + at.base.Name() + "\nRUN <<EOF\necho hello\nEOF\n",
		"link":           "FROM " + at.base.Name() + "\nCOPY --link Dockerfile /\n",
		"env":            "FROM " + at.base.Name() + "\nRUN --mount=type=secret,id=a,env=A true\n",
		"start-interval": "FROM " + at.base.Name() + "\nHEALTHCHECK --start-interval=1s CMD true\n",
	} {
		r := start(t, at.step("repo", dockerfile, "INPUT_BUILDER=docker", "INPUT_BUILDER-IMAGE=", "INPUT_PUSH=false"))
		if code := r.wait(); code != 1 {
			t.Errorf("%s: exit code %d, want 1", what, code)
		}
		r.mustSay("does not know " + what + ": it is as old as its BuildKit (older than 0.11, such as that of Docker 20.10); begin the Dockerfile with the line `# syntax=docker/dockerfile:1`")
		r.mustAnnotateOnce()
	}
	r := start(t, at.step("repo", "FROM "+at.base.Name()+"\nRUN true\n", "INPUT_BUILDER=docker", "INPUT_BUILDER-IMAGE=", "INPUT_PUSH=false", "INPUT_ADD-HOSTS=me=host-gateway"))
	if code := r.wait(); code != 1 {
		t.Errorf("host-gateway: exit code %d, want 1", code)
	}
	r.mustSay("it does not say which address host-gateway is; Docker engines do since version 24")
}

// TestDiskOfTheLoadedEngine fills the disk of the engine that an image is loaded
// into, and not the builder's.
func TestDiskOfTheLoadedEngine(t *testing.T) {
	t.Parallel()
	random := make([]byte, 48<<20)
	_, _ = rand.Read(random)
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			options.Disk = 24 << 20
			engine := testenv.NewEngine(t, options)
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY big /\n",
				files:      map[string][]byte{"big": random},
				env: []string{
					"INPUT_PUSH=false", "INPUT_LOAD=true", "INPUT_IMAGE=app.example.com/octo/app",
					"BUILDKIT_HOST=" + daemon.Address, "DOCKER_HOST=" + engine.Host,
				},
			})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			r.mustSay("::error::loading the image into the Docker engine at "+engine.Host, "no space left on device; the disk of that engine is full: free some")
			r.mustAnnotateOnce()
			if strings.Contains(r.said(), "the disk of BuildKit") {
				t.Errorf("it blames the builder:\n%s", r.said())
			}
		})
	}
}

// TestPodman has what answers at DOCKER_HOST as Podman does: it names itself, and
// has no BuildKit.
func TestPodman(t *testing.T) {
	t.Parallel()
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	proxy := testenv.NewProxy(t, engine.OverTCP(t), testenv.ProxyOptions{Fault: testenv.Faults(
		testenv.Fault{Path: "/version", Answer: testenv.Answer{Body: `{"ApiVersion":"1.41","Version":"5.4.2","Components":[{"Name":"Podman Engine","Version":"5.4.2"}]}`}},
		testenv.Fault{Path: "/grpc", Answer: testenv.Answer{Status: http.StatusNotFound, Body: "Not Found\n"}},
	)})
	env := []string{"INPUT_REGISTRY=ghcr.io", "INPUT_PUSH=false", "INPUT_LOAD=true", "DOCKER_HOST=tcp://" + proxy.Host}
	r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: append(env, "INPUT_BUILDER=docker")})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("it is Podman, whose Docker-compatible socket has no BuildKit")
	if strings.Contains(r.said(), "h2c") {
		t.Errorf("it speaks of protocols:\n%s", r.said())
	}
	r, _ = finish(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: append(env, "INPUT_BUILDER=local")})
	r.mustSay("  loaded  ghcr.io/octo/repo:latest")
}
