package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// attestedResult is a result that a step can ask for beside others, and where its
// attestations are: the text in which they must be, or none.
type attestedResult struct {
	output string // a line of outputs
	env    string
	none   bool // it has no place for attestations
	said   func(t *testing.T, at attestedStep) string
}

// attestedStep is a step that has ended well.
type attestedStep struct {
	workspace, image string
	engine           *testenv.Engine
	outputs          map[string]string
}

// attestedResults are all kinds of results, by the table of the README.
func attestedResults(engineBuilds bool) map[string]attestedResult {
	return map[string]attestedResult{
		"push":   {env: "INPUT_PUSH=true", said: saidByRegistry},
		"oci":    {output: "type=oci,dest=out/image.tar", said: saidByLayout},
		"docker": {output: "type=docker,dest=out/saved.tar", none: true, said: saidByDockerSave},
		"tar": {output: "type=tar,dest=out/files.tar", said: func(t *testing.T, at attestedStep) string {
			return saidByFiles(t, archived(t, filepath.Join(at.workspace, "out/files.tar")))
		}},
		"local": {output: "type=local,dest=out/dir", said: func(t *testing.T, at attestedStep) string {
			return saidByFiles(t, filepath.Join(at.workspace, "out/dir"))
		}},
		"load": {env: "INPUT_LOAD=true", none: !engineBuilds, said: saidByEngine(engineBuilds)},
	}
}

// TestEveryResultHasItsAttestations asks for every pair of results, and for all of
// them, with every kind of attestation, on every kind of builder that makes several.
func TestEveryResultHasItsAttestations(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	older := testenv.Buildkitd(t, testenv.BuildkitdOptions{Older: true})
	containerd, graph := testenv.EngineOptions{}, testenv.EngineOptions{GraphDriver: true}
	for title, c := range map[string]struct {
		engine  testenv.EngineOptions
		builder string
		few     bool // all results at once, and no pairs
	}{
		"buildkitd beside a graph driver": {graph, daemon.Address, false},
		"buildkitd beside containerd":     {containerd, daemon.Address, true},
		"buildkitd beside Docker 20.10":   {testenv.EngineOptions{Old: true}, daemon.Address, true},
		"older buildkitd":                 {graph, older.Address, true},
		"child":                           {graph, "local", true},
		"engine":                          {containerd, "docker", false},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			engine := testenv.NewEngine(t, c.engine)
			engine.Forward(t, registry.Host)
			env := []string{"INPUT_BUILDER=" + c.builder, "DOCKER_HOST=" + engine.Host}
			scanner := publishScanner(t, registry.Host, env)
			all := attestedResults(c.builder == "docker")
			for inputs, want := range map[string][]string{
				"INPUT_PROVENANCE=true":                                         {"https://slsa.dev/provenance/v1"},
				"INPUT_SBOM=generator=" + scanner:                               {"https://spdx.dev/Document"},
				"INPUT_ATTESTS=type=provenance\ntype=sbom,generator=" + scanner: {"https://slsa.dev/provenance/v1", "https://spdx.dev/Document"},
			} {
				for _, names := range pairs(c.few, len(want) > 1) {
					t.Run(strings.ToLower(strings.SplitN(inputs, "=", 2)[0][6:])+"/"+strings.Join(names, "+"), func(t *testing.T) {
						testAttested(t, all, names, want, registry.Host+"/octo/repo", engine, append([]string{inputs}, env...))
					})
				}
			}
		})
	}
}

// publishScanner builds a generator of bills of materials, which finds nothing.
func publishScanner(t *testing.T, registry string, env []string) string {
	t.Helper()
	scan := `printf "{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"https://spdx.dev/Document\",\"predicate\":{\"name\":\"scanned\"}}" > $BUILDKIT_SCAN_DESTINATION/sbom.spdx.json`
	finish(t, step{
		dockerfile: "FROM " + testenv.BaseImage(t, registry).Name() + "\nRUN echo '" + scan + "' > /scan\nENTRYPOINT [\"/bin/sh\", \"/scan\"]\n",
		env:        append([]string{"INPUT_IMAGE=" + registry + "/octo/scanner", "INPUT_PUSH=true"}, env...),
	})
	return registry + "/octo/scanner:latest"
}

// TestTheSameImageWithAndWithoutAttestations has images that BuildKit might make
// another one of when it makes them once more: each is loaded as it is pushed.
func TestTheSameImageWithAndWithoutAttestations(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	env := []string{"INPUT_BUILDER=" + daemon.Address, "DOCKER_HOST=" + engine.Host}
	scanner := publishScanner(t, registry.Host, env)
	env = append(env, "INPUT_SBOM=generator="+scanner, "INPUT_LOAD=true", "INPUT_PUSH=true", "INPUT_IMAGE="+registry.Host+"/octo/repo")
	for title, c := range map[string]step{ //nolint:paralleltest // they share the engine's store
		"nothing but a label": {dockerfile: "FROM scratch\nLABEL a=b\n"},
		"an inline cache":     {dockerfile: "FROM " + base + "\nRUN echo a > /a\nRUN date > /b\nENV c=d\n", env: []string{"INPUT_CACHE-TO=type=inline"}},
		"no cache":            {dockerfile: "FROM " + base + "\nRUN date +%N > /a; cat /proc/sys/kernel/random/uuid > /b\n", env: []string{"INPUT_NO-CACHE=true"}},
	} {
		t.Run(title, func(t *testing.T) {
			r, outputs := finish(t, step{dockerfile: c.dockerfile, env: append(env, c.env...)})
			image := registry.Host + "/octo/repo:latest"
			loaded, err := engineClient(t, engine).ImageInspect(t.Context(), image)
			if pushed := remoteConfig(t, image); err != nil || pushed != loaded.ID || pushed != outputs["imageid"] {
				t.Errorf("%s is pushed, %s is loaded, %v, and the output imageid says %q\n%s", pushed, loaded.ID, err, outputs["imageid"], r.said())
			}
		})
	}
}

// pairs lists the results to ask for together.
func pairs(few, both bool) [][]string {
	names := []string{"push", "oci", "docker", "tar", "local", "load"}
	all := [][]string{names}
	if few || both {
		return all
	}
	for i, one := range names {
		for _, other := range names[i+1:] {
			all = append(all, []string{one, other})
		}
	}
	return all
}

func testAttested(t *testing.T, all map[string]attestedResult, names, want []string, image string, engine *testenv.Engine, env []string) {
	t.Helper()
	push, lines := "INPUT_PUSH=false", []string{}
	for _, name := range names {
		if all[name].output != "" {
			lines = append(lines, all[name].output)
		}
		if all[name].env == "INPUT_PUSH=true" {
			push = all[name].env
		} else if all[name].env != "" {
			env = append(env, all[name].env)
		}
	}
	env = append(env, push, "INPUT_IMAGE="+image, "INPUT_OUTPUTS="+strings.Join(lines, "\n"))
	r, outputs := finish(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL name=" + strings.Join(names, "") + "\n", env: env})
	at := attestedStep{workspace: r.cmd.Dir, image: image + ":latest", engine: engine, outputs: outputs}
	attested := 0
	for _, name := range names {
		if !all[name].none {
			attested++
		}
	}
	for _, name := range names {
		said := all[name].said(t, at)
		for _, kind := range want {
			// What is loaded has what is published, or written, and nothing by itself.
			if has := strings.Contains(said, kind); has == all[name].none && (name != "load" || attested > 1 || has) {
				t.Errorf("%s: that it has an attestation of %s is %v, want %v\n%s", name, kind, has, !all[name].none, r.said())
			}
		}
	}
}

func saidByRegistry(t *testing.T, at attestedStep) string {
	t.Helper()
	said, err := statements(nil, at.image)
	if err != nil {
		t.Errorf("reading the attestations of %s: %v", at.image, err)
	}
	if got := remoteDigest(t, at.image); got != at.outputs["digest"] {
		t.Errorf("the registry has %s, and the output digest says %q", got, at.outputs["digest"])
	}
	if config := remoteConfig(t, at.image); at.outputs["imageid"] != config {
		t.Errorf("the registry has the image %s, and the output imageid says %q", config, at.outputs["imageid"])
	}
	return said
}

func saidByLayout(t *testing.T, at attestedStep) string {
	t.Helper()
	outer, err := layout.ImageIndexFromPath(archived(t, filepath.Join(at.workspace, "out/image.tar")))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatalf("the layout has %+v, %v, want one image", manifest, err)
	}
	inner, err := outer.ImageIndex(manifest.Manifests[0].Digest)
	if err != nil {
		t.Errorf("the image in the layout is no index: %v", err)
		return ""
	}
	said, err := statementsIn(inner)
	if err != nil {
		t.Errorf("reading the attestations in the layout: %v", err)
	}
	return said
}

// saidByDockerSave reads an image as an engine does that knows no other format.
func saidByDockerSave(t *testing.T, at attestedStep) string {
	t.Helper()
	image, err := tarball.ImageFromPath(filepath.Join(at.workspace, "out/saved.tar"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if config, err := image.ConfigName(); err != nil || at.outputs["imageid"] != "" && config.String() != at.outputs["imageid"] {
		t.Errorf("the archive has the image %s, %v, and the output imageid says %q", config, err, at.outputs["imageid"])
	}
	return saidByFiles(t, archived(t, filepath.Join(at.workspace, "out/saved.tar")))
}

func saidByFiles(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// saidByEngine compares the image in the store, and returns whether the engine keeps
// attestations of it.
func saidByEngine(builds bool) func(t *testing.T, at attestedStep) string {
	return func(t *testing.T, at attestedStep) string {
		t.Helper()
		if !builds {
			if got := engineConfig(t, at.engine, at.image); got != at.outputs["imageid"] {
				t.Errorf("the engine has the image %q, and the output imageid says %q", got, at.outputs["imageid"])
			}
			return ""
		}
		found, err := engineClient(t, at.engine).ImageInspect(t.Context(), at.image, moby.ImageInspectWithManifests(true))
		if err != nil {
			t.Fatal(err)
		}
		for _, manifest := range found.Manifests {
			if manifest.Kind == "attestation" {
				return "https://slsa.dev/provenance/v1 https://spdx.dev/Document"
			}
		}
		return ""
	}
}
