package main

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// epoch is the time that the builds of these tests have, in seconds: later than
// that of some of their files.
const epoch = 1_700_000_000

// reproducible is a build that writes files by every means, after some time.
type reproducible struct {
	title      string
	dockerfile string
	first      []string // environment
	second     []string // and that of the other run
}

// TestReproducible builds the same commit twice, from empty caches on two daemons,
// at two times, and out of checkouts that were made at different times. The digest
// is the same with the input, and another without it.
func TestReproducible(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	one, other := testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address, testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address
	stages := func(title string) string {
		return "FROM --platform=linux/amd64 " + base + " AS work\nRUN mkdir -p /made/deep && echo " + title + " > /made/deep/file && ln -s file /made/deep/link && ln /made/deep/file /made/hard\n" +
			"FROM " + base + "\nWORKDIR /new/directory\nCOPY --from=work /made /made\nCOPY . /src\nCOPY --link main.txt /linked/\n"
	}
	both := "INPUT_PLATFORMS=linux/amd64,linux/arm64"
	nodes := func(amd64, arm64 string) string {
		return fmt.Sprintf("INPUT_BUILDER=linux/amd64=%s\nlinux/arm64=%s", amd64, arm64)
	}
	for _, c := range []reproducible{
		{"one platform", stages("one") + "RUN echo made > /made/here && mkdir /empty\n", []string{"INPUT_BUILDER=" + one}, []string{"INPUT_BUILDER=" + other}},
		{"two platforms", stages("two"), []string{"INPUT_BUILDER=" + one, both}, []string{"INPUT_BUILDER=" + other, both}},
		{"a farm", stages("farm"), []string{nodes(one, other)}, []string{nodes(other, one)}},
	} {
		for _, on := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, %v", c.title, on), func(t *testing.T) {
				t.Parallel()
				image := fmt.Sprintf("%s/octo/%s-%v", registry.Host, strings.ReplaceAll(c.title, " ", "-"), on)
				// What is built is another than with the input, and so is the cache.
				s := reproducibleStep(strings.ReplaceAll(c.dockerfile, "AS work\n", fmt.Sprintf("AS work\nENV on=%v\n", on)), image, on)
				first, second := s, s
				first.env, second.env = append(slices.Clone(s.env), c.first...), append(slices.Clone(s.env), c.second...)
				second.wrap = func(_ *exec.Cmd, work string) { age(t, filepath.Join(work, "repo")) }
				_, before := finish(t, first)
				time.Sleep(1100 * time.Millisecond) // layers keep seconds
				_, after := finish(t, second)
				if same := before["digest"] == after["digest"]; same != on || before["digest"] == "" {
					t.Errorf("the digests are %s and %s, want them the same: %v", before["digest"], after["digest"], on)
				}
				mustKeepBase(t, image, base)
				if on {
					mustHaveTime(t, image, base)
				}
			})
		}
	}
}

func reproducibleStep(dockerfile, image string, on bool) step {
	return step{
		dockerfile: dockerfile,
		files:      map[string][]byte{"main.txt": []byte("main"), "dir/old.txt": []byte("old")},
		env:        []string{"INPUT_IMAGE=" + image, fmt.Sprintf("INPUT_BUILD-ARGS=SOURCE_DATE_EPOCH=%d", epoch), fmt.Sprintf("INPUT_REPRODUCIBLE=%v", on)},
	}
}

// age makes a file and its directory older than the commit, as they are in a
// checkout that has been there for long.
func age(t *testing.T, repo string) {
	t.Helper()
	for _, path := range []string{"dir/old.txt", "dir"} {
		old := time.Unix(epoch-1000, 0)
		if err := os.Chtimes(filepath.Join(repo, path), old, old); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReproducibleOnEngines pushes from every engine, and loads into it.
func TestReproducibleOnEngines(t *testing.T) {
	t.Parallel()
	const noTimes = "it leaves the files of an image the times of the build (reproducible); it could be done with builder: container, builder: local, the address of a current BuildKit or a Docker engine with the containerd image store"
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			base := testenv.BaseImage(t, registry.Host).Name()
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			dockerfile := "FROM " + base + "\nRUN echo made > /here\nCOPY . /src\n"
			for _, wants := range []string{"INPUT_LOAD=false", "INPUT_LOAD=true"} {
				s := reproducibleStep(dockerfile, registry.Host+"/octo/"+strings.ToLower(wants[6:10]), true)
				s.env = append(s.env, wants, "INPUT_PUSH=true", "DOCKER_HOST="+engine.Host, "INPUT_BUILDER=docker")
				if options != (testenv.EngineOptions{}) {
					r := start(t, s)
					if code := r.wait(); code != 1 {
						t.Errorf("exit code %d, want 1", code)
					}
					r.mustSay("::error", noTimes)
					mustNotBuild(t, r)
					s.env = append(s.env, "INPUT_BUILDER=auto")
				}
				r, outputs := finish(t, s)
				image := strings.TrimPrefix(s.env[0], "INPUT_IMAGE=") + ":latest"
				mustHaveTime(t, image, base)
				if wants != "INPUT_LOAD=true" {
					continue
				}
				if got := engineConfig(t, engine, image); got != outputs["imageid"] {
					t.Errorf("the engine has %q, and the output imageid says %q\n%s", got, outputs["imageid"], r.said())
				}
				if options == (testenv.EngineOptions{}) {
					mustRun(t, engine, image)
				}
			}
		})
	}
}

// mustRun wants an engine to make a container of an image that it has.
func mustRun(t *testing.T, engine *testenv.Engine, image string) {
	t.Helper()
	docker := engineClient(t, engine)
	created, err := docker.ContainerCreate(t.Context(), moby.ContainerCreateOptions{Image: image})
	if err != nil {
		t.Fatalf("making a container of %s: %v", image, err)
	}
	copied, err := docker.CopyFromContainer(t.Context(), created.ID, moby.CopyFromContainerOptions{SourcePath: "/here"})
	if err != nil {
		t.Fatalf("reading a file of it: %v", err)
	}
	defer copied.Content.Close()
	archive := tar.NewReader(copied.Content)
	header, err := archive.Next()
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(archive); string(content) != "made\n" || !header.ModTime.Equal(time.Unix(epoch, 0)) {
		t.Errorf("it has %q of %s, %v", content, header.ModTime, err)
	}
}

// TestReproducibleFromAnOlderCache builds a commit on a daemon that has a layer of
// an older one in its cache, and on one that has not. Files that are older than the
// commit keep their times, so that it takes a time before all builds.
func TestReproducibleFromAnOlderCache(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	warm, cold := testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address, testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address
	digest := func(builder, name string, epoch int64, text string) string {
		s := reproducibleStep("FROM "+base+"\nRUN echo layer of "+name+" > /layer\nCOPY main.txt /\n", registry.Host+"/octo/"+name, true)
		s.files = map[string][]byte{"main.txt": []byte(text)}
		_, outputs := finish(t, s.with("INPUT_BUILDER="+builder, fmt.Sprintf("INPUT_BUILD-ARGS=SOURCE_DATE_EPOCH=%d", epoch)))
		return outputs["digest"]
	}
	first := time.Now().Unix() - 1
	digest(warm, "commit", first, "one")
	digest(warm, "fixed", 0, "one")
	time.Sleep(1100 * time.Millisecond)
	second := time.Now().Unix() // after the layer was made
	time.Sleep(1100 * time.Millisecond)
	if one, other := digest(warm, "fixed", 0, "two"), digest(cold, "fixed", 0, "two"); one != other {
		t.Errorf("with a time before all builds the digests are %s and %s", one, other)
	}
	if one, other := digest(warm, "commit", second, "two"), digest(cold, "commit", second, "two"); one == other {
		t.Error("an older layer in the cache makes no difference any more: the README says that it does")
	}
}
