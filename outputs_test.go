package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestOutputsBesideAPush writes all there is together with a push and a load: the
// image is the same one everywhere.
func TestOutputsBesideAPush(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{})
	graph := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	engine.Forward(t, registry.Host)
	graph.Forward(t, registry.Host)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	for builder, env := range map[string][]string{
		"engine": {"INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host},
		"remote": {"INPUT_BUILDER=" + daemon.Address, "DOCKER_HOST=" + graph.Host},
		"auto":   {"INPUT_BUILDER=auto", "DOCKER_HOST=" + graph.Host}, // a graph driver's engine cannot
	} {
		t.Run(builder, func(t *testing.T) {
			t.Parallel()
			repository := registry.Host + "/" + builder + "/octo/app"
			s := step{
				dockerfile: "FROM scratch\nCOPY made /sub/made\n", files: map[string][]byte{"made": []byte("made here\n")},
				env:  append(slices.Clone(env), "INPUT_IMAGE="+repository, "INPUT_PUSH=true", "INPUT_OUTPUTS=dist\ntype=oci,dest=oci.tar\ntype=oci,dest=oci,tar=false\ntype=docker,dest=docker.tar\ntype=docker\ntype=image,oci-artifact=false"),
				wrap: func(_ *exec.Cmd, work string) { _ = os.Chown(filepath.Join(work, "repo"), runnersUser, runnersUser) },
			}
			r, outputs := finish(t, s)
			if got := remoteDigest(t, repository+":latest"); got != outputs["digest"] {
				t.Errorf("the registry has %s, and the output says %q", got, outputs["digest"])
			}
			mustHold(t, filepath.Join(r.cmd.Dir, "dist"), map[string]string{"sub/made": "made here\n"})
			for _, dir := range []string{archived(t, filepath.Join(r.cmd.Dir, "oci.tar")), filepath.Join(r.cmd.Dir, "oci")} {
				if got := mustBeLayout(t, dir, "made here\n"); got.String() != outputs["digest"] {
					t.Errorf("the layout has the image %s, and %s was pushed", got, outputs["digest"])
				}
			}
			image, err := tarball.ImageFromPath(filepath.Join(r.cmd.Dir, "docker.tar"), nil)
			if err != nil {
				t.Fatal(err)
			}
			config, err := image.ConfigName()
			if err != nil || config.String() != outputs["imageid"] {
				t.Errorf("the file has the config %s, %v, and the output says %q", config, err, outputs["imageid"])
			}
			r.mustSay("Loading "+repository+":latest", "Writing type=oci to "+filepath.Join(r.cmd.Dir, "oci.tar"))
		})
	}
}

// TestOutputsOfThePushedImage has layers of the wanted kind, under a digest alone.
func TestOutputsOfThePushedImage(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{})
	engine.Forward(t, registry.Host)
	graph := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	for builder, host := range map[string]string{"docker": engine.Host, "local": engine.Host} {
		t.Run(builder, func(t *testing.T) {
			t.Parallel()
			repository := registry.Host + "/octo/" + builder
			r, outputs := finish(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env:        []string{"INPUT_BUILDER=" + builder, "DOCKER_HOST=" + host, "INPUT_REGISTRY=" + registry.Host, "INPUT_OUTPUTS=type=image,name=" + repository + ",push-by-digest=true,name-canonical=true,push=true,compression=zstd,force-compression=true,annotation.org.example.key=value"},
			})
			r.mustSay("Publishing "+repository+" by digest alone", "in outputs push-by-digest is true")
			if outputs["image"] != repository+"@"+outputs["digest"] || outputs["tags"] != "" || outputs["pushed"] != "true" {
				t.Errorf("the outputs say %v", outputs)
			}
			ref, err := name.ParseReference(outputs["image"])
			if err != nil {
				t.Fatal(err)
			}
			image, err := remote.Image(ref)
			if err != nil {
				t.Fatal(err)
			}
			manifest, err := image.Manifest()
			if err != nil || !strings.HasSuffix(string(manifest.Layers[0].MediaType), "+zstd") || manifest.Annotations["org.example.key"] != "value" {
				t.Errorf("the manifest is %+v, %v", manifest, err)
			}
			if _, err := remote.Head(ref.Context().Tag("latest")); err == nil || !strings.Contains(err.Error(), "404") {
				t.Errorf("the tag latest answers with %v, want 404", err)
			}
		})
	}
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_BUILDER=docker", "DOCKER_HOST=" + graph.Host, "INPUT_REGISTRY=" + registry.Host, "INPUT_PREFLIGHT=false", "INPUT_OUTPUTS=type=registry,compression=zstd"},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "it silently drops options of the image (compression); it could be done with builder: container")
	mustNotBuild(t, r)
}

// TestOutputsOfACancelledRun leaves the archive that was there, and no part of
// the new one, although BuildKit is in the middle of it.
func TestOutputsOfACancelledRun(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM " + testenv.BaseImage(t, registry.Host).Name() + "\nRUN dd if=/dev/zero of=/big bs=1M count=700\n",
		files:      map[string][]byte{"out/files.tar": []byte("old")},
		env:        []string{"INPUT_PUSH=false", "INPUT_BUILDER=" + daemon.Address, "INPUT_OUTPUTS=type=tar,dest=out/files.tar"},
	})
	out := filepath.Join(r.cmd.Dir, "out")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		parts, err := filepath.Glob(filepath.Join(out, ".slipway-*.part"))
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("nothing is written: %v\n%s", err, r.said())
		}
		if len(parts) == 0 {
			continue
		}
		if info, err := os.Stat(parts[0]); err == nil && info.Size() > 1<<20 {
			break
		}
	}
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := r.wait(); code == 0 {
		t.Errorf("it ended well before it could be cancelled\n%s", r.said())
	}
	if diff := cmp.Diff(map[string]string{"files.tar": "old"}, readText(t, out)); diff != "" {
		t.Errorf("there are, -want +got:\n%s", diff)
	}
}

func readText(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for path, content := range readTree(t, dir) {
		texts[path] = string(content)
	}
	return texts
}
