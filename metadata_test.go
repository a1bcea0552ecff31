package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/testenv"
)

// owner of the workspaces of these tests, as on a runner.
const owner = 1234

// TestMetadata publishes and loads with every builder. What the output metadata
// says of the image is what the registry and the engine have, and the file is the
// same and belongs to the owner of the workspace.
func TestMetadata(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	kinds := everyBuilder(registry)
	for title, builder := range kinds {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			image := registry.Host + "/octo/" + strings.ReplaceAll(strings.ToLower(title), " ", "-")
			s := step{
				dockerfile: "FROM " + base + "\nRUN echo built\n",
				env:        append(builder(t), "INPUT_IMAGE="+image, "INPUT_TAGS=latest,1.2.3", "INPUT_METADATA-FILE=out/deep/metadata.json", "INPUT_NO-CACHE=true"),
				wrap:       func(_ *exec.Cmd, work string) { ownedBy(t, work) },
			}
			published, outputs := metadataOf(t, s)
			want := map[string]any{
				"containerimage.digest": remoteDigest(t, image+":1.2.3"), "containerimage.config.digest": remoteConfig(t, image+":latest"),
				"image.name": image + ":latest," + image + ":1.2.3",
			}
			if outputs["digest"] != want["containerimage.digest"] {
				t.Errorf("the output digest is %q", outputs["digest"])
			}
			if descriptor, is := published["containerimage.descriptor"].(map[string]any); is {
				if descriptor["digest"] != want["containerimage.digest"] {
					t.Errorf("the descriptor is %v, and the image %v", descriptor, want["containerimage.digest"])
				}
			} else if title == "buildkitd" || title == "Docker 29 with containerd" {
				t.Errorf("there is no descriptor in %v", published)
			}
			delete(published, "containerimage.descriptor")
			if diff := cmp.Diff(want, published); diff != "" {
				t.Errorf("metadata of a published image, -want +got:\n%s", diff)
			}

			only, _ := metadataOf(t, s.with("INPUT_PUSH=false"))
			if diff := cmp.Diff(map[string]any{}, only); diff != "" {
				t.Errorf("metadata of a build alone, -want +got:\n%s", diff)
			}
			if title == "buildkitd" {
				return
			}
			loaded, outputs := metadataOf(t, s.with("INPUT_PUSH=false", "INPUT_LOAD=true"))
			want = map[string]any{"containerimage.config.digest": outputs["imageid"], "image.name": image + ":latest," + image + ":1.2.3"}
			if title == "Docker 29 with containerd" {
				inspected, err := engineClient(t, &testenv.Engine{Host: strings.TrimPrefix(s.env[1], "DOCKER_HOST=")}).ImageInspect(t.Context(), image)
				if err != nil {
					t.Fatal(err)
				}
				want["containerimage.digest"] = inspected.ID
			}
			delete(loaded, "containerimage.descriptor")
			if diff := cmp.Diff(want, loaded); diff != "" {
				t.Errorf("metadata of a loaded image, -want +got:\n%s", diff)
			}
		})
	}
}

// everyBuilder starts a BuildKit at an address or an engine, and returns the
// variables by which a step finds it.
func everyBuilder(registry *testenv.Registry) map[string]func(*testing.T) []string {
	kinds := map[string]func(*testing.T) []string{
		"buildkitd": func(t *testing.T) []string {
			return []string{"INPUT_BUILDER=" + testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address}
		},
	}
	for title, options := range engineKinds() {
		kinds[title] = func(t *testing.T) []string {
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			return []string{"INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host}
		}
	}
	return kinds
}

// ownedBy gives a step's workspace to somebody.
func ownedBy(t *testing.T, work string) {
	t.Helper()
	if err := os.Chown(filepath.Join(work, "repo"), owner, owner); err != nil {
		t.Fatal(err)
	}
}

// with is the same step with more in its environment.
func (s step) with(more ...string) step {
	s.env = append(slices.Clone(s.env), more...)
	return s
}

// metadataOf runs a step and returns what is in its output metadata, in the file
// and in the output json.
func metadataOf(t *testing.T, s step) (map[string]any, map[string]string) {
	t.Helper()
	r, outputs := finish(t, s)
	file, err := os.ReadFile(filepath.Join(r.cmd.Dir, "out/deep/metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(file) != outputs["metadata"]+"\n" {
		t.Errorf("the file holds\n%s\nand the output\n%s", file, outputs["metadata"])
	}
	for _, path := range []string{"out", "out/deep", "out/deep/metadata.json"} {
		info, err := os.Stat(filepath.Join(r.cmd.Dir, path))
		if err != nil {
			t.Fatal(err)
		}
		stat, _ := info.Sys().(*syscall.Stat_t)
		if stat.Uid != owner || stat.Gid != owner {
			t.Errorf("%s belongs to %d:%d", path, stat.Uid, stat.Gid)
		}
	}
	if left, err := filepath.Glob(filepath.Join(r.cmd.Dir, "out/deep/*")); err != nil || len(left) != 1 {
		t.Errorf("beside the file there are %v, %v", left, err)
	}
	var all, within map[string]any
	if err := json.Unmarshal(file, &all); err != nil {
		t.Fatal(err)
	}
	var whole struct{ Metadata map[string]any }
	if err := json.Unmarshal([]byte(outputs["json"]), &whole); err != nil {
		t.Fatal(err)
	}
	within = whole.Metadata
	if diff := cmp.Diff(all, within); diff != "" {
		t.Errorf("the metadata in the output json, -output metadata +output json:\n%s", diff)
	}
	return all, outputs
}

// TestMetadataOfNodes has the index, what each node has pushed, and the record of
// each of them.
func TestMetadataOfNodes(t *testing.T) {
	t.Parallel()
	f := newNodes(t, testenv.BuildkitdOptions{})
	image := f.registry.Host + "/octo/repo"
	s := step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: append(f.env, "INPUT_METADATA-FILE=out/deep/metadata.json", "INPUT_BUILD-RECORD=both.dockerbuild")}
	var dir string
	s.wrap = func(cmd *exec.Cmd, work string) {
		dir = cmd.Dir
		ownedBy(t, work)
	}
	all, outputs := metadataOf(t, s)
	file, err := os.ReadFile(filepath.Join(dir, "both.dockerbuild"))
	if err != nil {
		t.Fatal(err)
	}
	if records := readRecords(t, file); len(records) != 2 {
		t.Errorf("there are %d records, want one of each node", len(records))
	}
	var platforms map[string]string
	if err := json.Unmarshal([]byte(outputs["platforms"]), &platforms); err != nil {
		t.Fatal(err)
	}
	nodes, _ := all["slipway.nodes"].([]any)
	delete(all, "slipway.nodes")
	if diff := cmp.Diff(map[string]any{"containerimage.digest": remoteDigest(t, image+":latest"), "image.name": image + ":latest"}, all); diff != "" {
		t.Errorf("metadata, -want +got:\n%s", diff)
	}
	if len(nodes) != 2 {
		t.Fatalf("the nodes' metadata is %v", nodes)
	}
	for i, platform := range []string{"linux/amd64", "linux/arm64"} {
		node, _ := nodes[i].(map[string]any)
		said, _ := node["metadata"].(map[string]any)
		if node["platforms"] != platform || said["containerimage.digest"] != platforms[platform] {
			t.Errorf("the node of %s has answered %v, want the digest %s", platform, node, platforms[platform])
		}
	}
}
