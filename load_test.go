package main

import (
	"archive/tar"
	"encoding/json"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// engineKinds are the Docker engines that there are.
func engineKinds() map[string]testenv.EngineOptions {
	return map[string]testenv.EngineOptions{
		"Docker 29 with containerd":     {},
		"Docker 29 with a graph driver": {GraphDriver: true},
		"Docker 20.10":                  {Old: true},
	}
}

// TestLoad puts images into the store of every engine, built by the engine
// itself and by a BuildKit beside it: alone, and together with a push. The
// engine has them under every tag, and they are what the outputs say.
func TestLoad(t *testing.T) {
	t.Parallel()
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			base := testenv.BaseImage(t, registry.Host)
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
			for builder, env := range map[string][]string{
				"engine": {"INPUT_BUILDER=docker"},
				"remote": {"INPUT_BUILDER=" + daemon.Address, "INPUT_CACHE-TO=type=inline"},
				"child":  {"INPUT_BUILDER=local"},
				"auto":   {"INPUT_BUILDER=auto", "INPUT_CACHE-TO=" + registry.Host + "/octo/cache:load"}, // a graph driver's engine cannot
			} {
				image := registry.Host + "/octo/" + builder
				s := step{
					dockerfile: "FROM " + base.Name() + "\nLABEL builder=" + builder + "\nRUN echo built > /file\nCOPY Dockerfile /\n",
					env:        append(env, "INPUT_IMAGE="+image, "INPUT_TAGS=latest,1.2.3", "DOCKER_HOST="+engine.Host, "INPUT_LOAD=true", "INPUT_PUSH=true"),
				}
				t.Run(builder, func(t *testing.T) { testLoad(t, engine, s, image) })
			}
		})
	}
}

func testLoad(t *testing.T, engine *testenv.Engine, s step, image string) {
	t.Helper()
	alone := s
	alone.env = append(slices.Clone(s.env), "INPUT_PUSH=false", "INPUT_LABELS=alone=true")
	first := loadedBy(t, engine, alone, image)
	if first["digest"] != "" || first["pushed"] != "false" {
		t.Errorf("a load alone says digest %q and pushed %q", first["digest"], first["pushed"])
	}
	both := loadedBy(t, engine, s, image)
	if both["imageid"] == first["imageid"] {
		t.Errorf("the second image is the first one, %s", both["imageid"])
	}
	for _, tag := range []string{"latest", "1.2.3"} {
		if got := remoteDigest(t, image+":"+tag); got != both["digest"] {
			t.Errorf("%s has the digest %s in the registry, and the output says %q", tag, got, both["digest"])
		}
		if got := remoteConfig(t, image+":"+tag); got != both["imageid"] {
			t.Errorf("%s has the config %s in the registry, and the output says %q", tag, got, both["imageid"])
		}
	}
}

// loadedBy runs a step that loads an image as latest and 1.2.3, compares it with
// what the engine has, and returns the outputs.
func loadedBy(t *testing.T, engine *testenv.Engine, s step, image string) map[string]string {
	t.Helper()
	r, outputs := finish(t, s)
	for _, tag := range []string{"latest", "1.2.3"} {
		r.mustSay("Loading "+image+":"+tag, "  loaded  "+image+":"+tag)
		if got := engineConfig(t, engine, image+":"+tag); got != outputs["imageid"] {
			t.Errorf("the engine has %q under %s, and the output imageid says %q\n%s", got, tag, outputs["imageid"], r.said())
		}
	}
	return outputs
}

// finish runs a step to its good end and returns its outputs.
func finish(t *testing.T, s step) (*running, map[string]string) {
	t.Helper()
	outputs := filepath.Join(t.TempDir(), "output")
	s.env = append(slices.Clone(s.env), "GITHUB_OUTPUT="+outputs)
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	text, err := os.ReadFile(outputs)
	if err != nil {
		t.Fatal(err)
	}
	values, err := parseOutputs(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return r, values
}

func engineClient(t *testing.T, engine *testenv.Engine) *moby.Client {
	t.Helper()
	docker, err := moby.New(moby.WithHost(engine.Host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docker.Close() })
	return docker
}

// engineConfig returns the digest of the config that an engine has under a name,
// out of what it saves; "" where it has none.
func engineConfig(t *testing.T, engine *testenv.Engine, image string) string {
	t.Helper()
	docker := engineClient(t, engine)
	if _, err := docker.ImageInspect(t.Context(), image); err != nil {
		t.Logf("inspecting %s: %v", image, err)
		return ""
	}
	saved, err := docker.ImageSave(t.Context(), []string{image})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	for r := tar.NewReader(saved); ; {
		header, err := r.Next()
		if err != nil {
			t.Fatalf("reading what the engine saves of %s: %v", image, err)
		}
		if header.Name != "manifest.json" {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		var manifests []struct{ Config string }
		if err := json.Unmarshal(content, &manifests); err != nil || len(manifests) != 1 {
			t.Fatalf("the engine saves %s: %v", content, err)
		}
		_, _ = io.Copy(io.Discard, saved)
		return "sha256:" + strings.TrimSuffix(path.Base(manifests[0].Config), ".json")
	}
}

// TestLoadSeveralPlatforms is possible where the engine that builds keeps its
// images in containerd. Elsewhere it is refused before the build, with who could.
func TestLoadSeveralPlatforms(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{})
	engine.Forward(t, registry.Host)
	image := registry.Host + "/octo/both"
	s := step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_IMAGE=" + image, "INPUT_PLATFORMS=linux/amd64,linux/arm64", "INPUT_LOAD=true", "INPUT_PUSH=true", "DOCKER_HOST=" + engine.Host},
	}
	_, outputs := finish(t, step{dockerfile: s.dockerfile, env: append(slices.Clone(s.env), "INPUT_BUILDER=docker")})
	if got := remoteDigest(t, image+":latest"); got != outputs["digest"] || outputs["imageid"] != "" {
		t.Errorf("the digest is %s, and the outputs say %q, and %q for the config of an index", got, outputs["digest"], outputs["imageid"])
	}
	inspected, err := engineClient(t, engine).ImageInspect(t.Context(), image+":latest", moby.ImageInspectWithManifests(true))
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, manifest := range inspected.Manifests {
		if manifest.Available && manifest.ImageData != nil {
			platforms = append(platforms, manifest.ImageData.Platform.OS+"/"+manifest.ImageData.Platform.Architecture)
		}
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, sorted(platforms)); diff != "" || inspected.ID != outputs["digest"] {
		t.Errorf("the engine has %s, want the index that was pushed, %s, of:\n%s", inspected.ID, outputs["digest"], diff)
	}

	s.env = append(s.env, "INPUT_BUILDER=local")
	r := start(t, s)
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "it loads no image of several platforms (linux/amd64, linux/arm64) into a Docker engine; it could be done with a Docker engine with the containerd image store")
}

// TestLoadWithoutAnEngine is known before the build.
func TestLoadWithoutAnEngine(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_PUSH=false", "INPUT_LOAD=true", "INPUT_BUILDER=" + daemon.Address, "DOCKER_HOST=unix:///nowhere/docker.sock"},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "the input load needs the Docker engine at unix:///nowhere/docker.sock")
	if strings.Contains(r.said(), "::group::Build") {
		t.Error("it built all the same")
	}
}
