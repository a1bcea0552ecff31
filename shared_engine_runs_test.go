package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// atOnceRounds is how often each kind of run is tried beside others. More are for
// somebody who looks for a race: SLIPWAY_TEST_ROUNDS=50.
func atOnceRounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("SLIPWAY_TEST_ROUNDS")
	if text == "" {
		return 2
	}
	rounds, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return rounds
}

// TestRunsAtOnceOnAnEngine has runs of the same image and tag share an engine with a
// graph driver, two and three at a time. Each tells the truth, and nothing is left.
func TestRunsAtOnceOnAnEngine(t *testing.T) {
	t.Parallel()
	for engine, options := range graphDrivers() {
		for title, runs := range map[string][]string{
			"two publish":          {"publish", "publish"},
			"three publish":        {"publish", "publish", "publish"},
			"a publish and a load": {"publish", "load"},
			"two and a load":       {"publish", "load", "publish"},
			"a load from beside":   {"publish", "load with local"},
		} {
			t.Run(engine+"/"+title, func(t *testing.T) {
				t.Parallel()
				testRunsAtOnce(t, options, runs)
			})
		}
	}
}

func testRunsAtOnce(t *testing.T, options testenv.EngineOptions, kinds []string) {
	t.Helper()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, options)
	engine.Forward(t, registry.Host)
	tag := registry.Host + "/octo/repo:latest"
	rounds, loads := atOnceRounds(t), 0
	for round := range rounds {
		var all []sharedRun
		for i, kind := range kinds {
			all = append(all, startShared(t, registry.Host, engine, kind, fmt.Sprintf("%s-%d-%d", kind, round, i)))
		}
		holders := map[string]bool{}
		loaded := ""
		for _, r := range all {
			if code := r.run.wait(); code != 0 {
				t.Fatalf("%s: exit code %d\n%s", r.who, code, r.run.said())
			}
			if r.load {
				loaded, loads = r.who, loads+1
				continue
			}
			holders[r.mustBeTrue(t, registry.Host)] = true
		}
		if got := remoteDigest(t, tag); !holders[got] {
			t.Fatalf("round %d: the tag is at %s, which none of its runs has published", round, got)
		}
		mustLeave(t, engine, tag, loaded, loads)
	}
}

// sharedRun is a run that shares an engine with others.
type sharedRun struct {
	who     string
	load    bool
	outputs string
	run     *running
}

func startShared(t *testing.T, registry string, engine *testenv.Engine, kind, who string) sharedRun {
	t.Helper()
	r := sharedRun{who: who, load: kind != "publish", outputs: filepath.Join(t.TempDir(), "output")}
	env := []string{"INPUT_REGISTRY=" + registry, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "GITHUB_OUTPUT=" + r.outputs}
	if r.load {
		env = append(env, "INPUT_PUSH=false", "INPUT_LOAD=true")
	}
	if kind == "load with local" {
		env = append(env, "INPUT_BUILDER=local")
	}
	r.run = start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=\"" + who + "\"\n", env: env})
	return r
}

// mustBeTrue compares the outputs of a run with what the registry holds under the
// digest that they name, and returns that.
func (r sharedRun) mustBeTrue(t *testing.T, registry string) string {
	t.Helper()
	text, err := os.ReadFile(r.outputs)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := parseOutputs(string(text))
	if err != nil {
		t.Fatal(err)
	}
	there := registry + "/octo/repo@" + outputs["digest"]
	if who, config := publishedLabel(t, there), remoteConfig(t, there); who != r.who || config != outputs["imageid"] {
		t.Fatalf("%s says digest %s and image ID %s; there is the image %s of %s\n%s", r.who, outputs["digest"], outputs["imageid"], config, who, r.run.said())
	}
	return outputs["digest"]
}

// mustLeave looks at what is in the engine's store: the tag of what was loaded last,
// and the loaded images that had it before, as docker build leaves them.
func mustLeave(t *testing.T, engine *testenv.Engine, tag, loaded string, loads int) {
	t.Helper()
	docker := engineClient(t, engine)
	list, err := docker.ImageList(t.Context(), moby.ImageListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, image := range list.Items {
		tags = append(tags, slices.DeleteFunc(image.RepoTags, func(tag string) bool { return strings.HasPrefix(tag, "<none>") })...)
		if !strings.HasPrefix(image.Labels["who"], "load") {
			t.Errorf("the engine has the image %s of %s: %q", image.ID, image.Labels["who"], image.RepoTags)
		}
	}
	var want []string
	if loaded != "" {
		want = []string{tag}
	}
	if !slices.Equal(tags, want) || len(list.Items) != loads {
		t.Errorf("the engine has the tags %q and %d images, want %q and %d", tags, len(list.Items), want, loads)
	}
}
