package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestLocalNames loads images under names without a registry: they are what docker
// calls them, in the engine, in the outputs and in files, and nothing is published
// on main either.
func TestLocalNames(t *testing.T) {
	t.Parallel()
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			engine := testenv.NewEngine(t, options)
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
			for builder, env := range map[string]string{"engine": "INPUT_BUILDER=docker", "remote": "INPUT_BUILDER=" + daemon.Address} {
				t.Run(builder, func(t *testing.T) {
					local, owned := builder+":test", "octo/"+builder+":test"
					r, outputs := finish(t, step{
						dockerfile: "FROM scratch\nLABEL builder=" + builder + "\nCOPY Dockerfile /\n",
						env:        []string{env, "INPUT_LOAD=true", "INPUT_TAGS=" + local + "\n" + owned, "DOCKER_HOST=" + engine.Host},
					})
					if want := local + "\n" + owned; outputs["tags"] != want || outputs["pushed"] != "false" || outputs["version"] != "test" {
						t.Errorf("the outputs say tags %q, version %q and pushed %q, want %q", outputs["tags"], outputs["version"], outputs["pushed"], want)
					}
					r.mustSay("Loading "+local+"\n", "Loading "+owned+"\n", "  loaded  "+local+"\n", "  loaded  "+owned+"\n",
						"::warning::nothing is published: the input load is true, and the input push is not set; push: true does both")
					for tag := range strings.SplitSeq(outputs["tags"], "\n") {
						if got := engineConfig(t, engine, tag); got != outputs["imageid"] {
							t.Errorf("the engine has %q under %s, and the output imageid says %q", got, tag, outputs["imageid"])
						}
					}
				})
			}
		})
	}
}

// TestLocalNamesInFiles has docker's names in an archive of docker save.
func TestLocalNamesInFiles(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r, outputs := finish(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_BUILDER=" + daemon.Address, "INPUT_TAGS=app:test,octo/app:test", "INPUT_OUTPUTS=type=docker,dest=image.tar"},
	})
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(filepath.Join(r.cmd.Dir, "image.tar")) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(outputs["tags"], "\n"), manifest[0].RepoTags); diff != "" || outputs["tags"] != "app:test\nocto/app:test" {
		t.Errorf("the outputs say %q; the file has other names, -outputs +file:\n%s", outputs["tags"], diff)
	}
}

// TestBuilderOfBuildxByName takes one of several builders, by what
// docker/setup-buildx-action calls it, and no other where it does not run.
func TestBuilderOfBuildxByName(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{GraphDriver: true})
	const meant, other = "builder-5cb467f7-0940-47e1-b94b-d51f54054d62", "builder-0d3a"
	at.engine.RunBuilder(t, "buildx_buildkit_"+meant+"0", at.image)
	at.engine.RunBuilder(t, "buildx_buildkit_"+other+"0", at.image)
	before := inEngine(t, at.engine)
	dockerfile := "FROM " + at.base.Name() + "\nRUN echo built\n"
	r := start(t, at.step("repo", dockerfile, "INPUT_BUILDER="+meant, "INPUT_BUILDER-IMAGE="))
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("Building with BuildKit in the builder container buildx_buildkit_"+meant+"0", "digest  "+remoteDigest(t, at.registry.Host+"/octo/repo:latest"))
	if after := inEngine(t, at.engine); after != before {
		t.Errorf("the engine holds %s, and held %s before", after, before)
	}
	for _, gone := range []string{"builder-gone", meant + "0", strings.TrimSuffix(meant, "2")} {
		r = start(t, at.step("repo", dockerfile, "INPUT_BUILDER="+gone, "INPUT_BUILDER-IMAGE="))
		if code := r.wait(); code != 1 {
			t.Errorf("%s: exit code %d, want 1", gone, code)
		}
		r.mustSay("::error::connecting to BuildKit: the builder "+gone+" of docker/setup-buildx-action", "its container buildx_buildkit_"+gone+"0 does not run there", "buildx_buildkit_"+meant+"0")
	}
}
