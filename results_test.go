package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestProvenanceIsNeverDropped asks engines for provenance that would leave it
// out without a word: a forced one is refused before the build, and auto goes to
// the next builder. The image that is loaded beside is the one in the index.
func TestProvenanceIsNeverDropped(t *testing.T) {
	t.Parallel()
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			base := testenv.BaseImage(t, registry.Host)
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			image := registry.Host + "/octo/repo"
			s := step{
				dockerfile: "FROM " + base.Name() + "\nRUN echo built\n",
				env: []string{
					"INPUT_IMAGE=" + image, "INPUT_TAGS=latest,1.2.3", "DOCKER_HOST=" + engine.Host,
					"INPUT_PROVENANCE=true", "INPUT_LOAD=true", "INPUT_PUSH=true", "INPUT_BUILDER=docker",
				},
			}
			if options != (testenv.EngineOptions{}) {
				r := start(t, s)
				if code := r.wait(); code != 1 {
					t.Errorf("exit code %d, want 1", code)
				}
				r.mustSay("::error", "it silently drops attestations (provenance); it could be done with builder: container, builder: local, the address of a current BuildKit or a Docker engine with the containerd image store")
				if strings.Contains(r.said(), "::group::Build") {
					t.Errorf("it built all the same:\n%s", r.said())
				}
				s.env = append(s.env, "INPUT_BUILDER=auto")
			}
			outputs := loadedBy(t, engine, s, image)
			if got := remoteDigest(t, image+":1.2.3"); got != outputs["digest"] {
				t.Errorf("the digest is %s, and the output says %q", got, outputs["digest"])
			}
			if got := remoteConfig(t, image+":latest"); got != outputs["imageid"] {
				t.Errorf("the config is %s, and the output imageid says %q", got, outputs["imageid"])
			}
			said, err := statements(nil, image+":latest")
			if err != nil || !strings.Contains(said, `"predicateType":"https://slsa.dev/provenance/v1"`) {
				t.Errorf("the index has the statements %q, %v, want provenance", said, err)
			}
		})
	}
}

// TestCacheOnEngines exports what each engine can, and imports it where the
// builder's own cache is empty again.
func TestCacheOnEngines(t *testing.T) {
	t.Parallel()
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			base := testenv.BaseImage(t, registry.Host)
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			image := registry.Host + "/octo/repo"
			s := step{
				dockerfile: "FROM " + base.Name() + "\nRUN echo step $((40+2))\n",
				env:        []string{"INPUT_IMAGE=" + image, "DOCKER_HOST=" + engine.Host, "INPUT_BUILDER=docker"},
			}
			with := func(more ...string) (*running, map[string]string) {
				return finish(t, step{dockerfile: s.dockerfile, env: append(slices.Clone(s.env), more...)})
			}
			exporting, _ := with("INPUT_CACHE-TO=type=inline")
			exporting.mustSay(" step 42\n")
			forget(t, engine)
			importing, outputs := with("INPUT_CACHE-FROM=" + image)
			mustBeCached(t, importing, true)
			if got := remoteDigest(t, image+":latest"); got != outputs["digest"] {
				t.Errorf("the digest is %s, and the output says %q", got, outputs["digest"])
			}

			// From the registry and from a directory, as a buildkitd has exported
			// it. One that is years younger has other keys.
			local := []string{"INPUT_BUILDER=local", "INPUT_PUSH=false"}
			with(append(local, "INPUT_CACHE-TO="+registry.Host+"/octo/cache:1")...)
			forget(t, engine)
			importing, _ = with("INPUT_CACHE-FROM=" + registry.Host + "/octo/cache:1")
			importing.mustSay("importing cache manifest from " + registry.Host)
			mustBeCached(t, importing, !options.Old)

			exporting, _ = with(append(local, "INPUT_CACHE-TO=type=local,dest=kept/cache")...)
			forget(t, engine)
			importing, _ = finish(t, step{
				dockerfile: s.dockerfile, files: readTree(t, filepath.Join(exporting.cmd.Dir, "kept")),
				env: append(slices.Clone(s.env), "INPUT_CACHE-FROM=type=local,src=cache"),
			})
			importing.mustSay("importing cache manifest from local")
			mustBeCached(t, importing, !options.Old)

			for _, cache := range []string{registry.Host + "/octo/cache:2", "type=local,dest=cache"} {
				more := []string{"INPUT_CACHE-TO=" + cache, "INPUT_LABELS=cache=" + cache}
				if options == (testenv.EngineOptions{}) {
					with(more...)
					continue
				}
				r := start(t, step{dockerfile: s.dockerfile, env: append(slices.Clone(s.env), more...)})
				if code := r.wait(); code != 1 {
					t.Errorf("exit code %d, want 1", code)
				}
				r.mustSay("::error", "it exports no cache of type ", ", only inline; it could be done with builder: container")
			}
		})
	}
}

// mustBeCached checks that a step did not run again or, where its cache is not
// for this builder, that it did.
func mustBeCached(t *testing.T, r *running, cached bool) {
	t.Helper()
	if said := strings.Contains(r.said(), "CACHED"); said != cached {
		t.Errorf("something cached: %v, want %v:\n%s", said, cached, r.said())
	}
	if ran := strings.Contains(r.said(), " step 42\n"); ran == cached {
		t.Errorf("the step ran: %v, want %v:\n%s", ran, !cached, r.said())
	}
}

// forget empties an engine's build cache and store.
func forget(t *testing.T, engine *testenv.Engine) {
	t.Helper()
	docker := engineClient(t, engine)
	images, err := docker.ImageList(t.Context(), moby.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range images.Items {
		if _, err := docker.ImageRemove(t.Context(), image.ID, moby.ImageRemoveOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := docker.BuildCachePrune(t.Context(), moby.BuildCachePruneOptions{All: true}); err != nil {
		t.Fatal(err)
	}
}

// readTree reads every file below a directory, by its path from there.
func readTree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files[path], err = os.ReadFile(filepath.Join(dir, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
