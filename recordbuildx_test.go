package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestBuildRecordIsBuildx compares the archive with that of docker buildx history
// export, of the same Dockerfile on the same daemon.
func TestBuildRecordIsBuildx(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	for _, command := range []string{"true", "false"} {
		dockerfile := "FROM " + base + "\nRUN echo built && " + command + "\n"
		r := start(t, step{dockerfile: dockerfile, env: []string{"INPUT_BUILDER=" + daemon.Address, "INPUT_IMAGE=" + registry.Host + "/octo/app", "INPUT_BUILD-RECORD=app.dockerbuild"}})
		if code := r.wait(); (code != 0) != (command == "false") {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		ours, err := os.ReadFile(filepath.Join(r.cmd.Dir, "app.dockerbuild"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shapeOf(t, exportedByBuildx(t, daemon.Address, r.cmd.Dir, registry.Host)), shapeOf(t, ours)); diff != "" {
			t.Errorf("the archive of RUN %s, -docker buildx history export's +ours:\n%s", command, diff)
		}
	}
}

// exportedByBuildx has buildx build a directory and export the record.
func exportedByBuildx(t *testing.T, address, dir, host string) []byte {
	t.Helper()
	home := t.TempDir()
	file := filepath.Join(home, "exported")
	for _, arguments := range [][]string{
		{"create", "--driver", "remote", "--name", "theirs", address},
		{"build", "--builder", "theirs", "--provenance=false", "--output", "type=image,push=true,name=" + host + "/octo/theirs", "."},
		{"history", "export", "--builder", "theirs", "--finalize", "--output", file},
	} {
		cmd := testenv.Command(t, testenv.Tool(t, "buildx"), arguments...)
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "BUILDX_CONFIG=" + filepath.Join(home, "buildx")}
		if said, err := cmd.CombinedOutput(); err != nil && arguments[0] != "build" {
			t.Fatalf("buildx %s: %v\n%s", arguments[0], err, said)
		}
	}
	exported, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return exported
}

// shape is what two records of the same build have in common.
type shape struct {
	Files    []string // without blobs
	Index    []string // media types
	Config   string
	Fields   []string // of the record
	Layers   []string
	Schema   int
	Platform any
}

func shapeOf(t *testing.T, file []byte) shape {
	t.Helper()
	files := unpack(t, file)
	s := shape{}
	for name := range files {
		if !strings.HasPrefix(name, "blobs/sha256/") {
			s.Files = append(s.Files, name+": "+map[bool]string{true: string(files[name])}[name == "oci-layout"])
		}
	}
	slices.Sort(s.Files)
	var index ocispec.Index
	fromJSON(t, files["index.json"], &index)
	s.Index = append(s.Index, index.MediaType, fmt.Sprint(index.SchemaVersion))
	for _, one := range index.Manifests {
		s.Index = append(s.Index, one.MediaType, fmt.Sprint(one.Annotations))
	}
	one := readRecords(t, file)[0]
	s.Config, s.Schema = one.manifest.Config.MediaType, one.manifest.SchemaVersion
	s.Fields, s.Platform = slices.Sorted(maps.Keys(one.record)), one.record["DefaultPlatform"]
	s.Fields = slices.DeleteFunc(s.Fields, func(field string) bool {
		// Of buildx's own, of the second build, and of one that does not ask for a
		// frontend but calls it.
		return field == "localState" || field == "numCachedSteps" || field == "Frontend"
	})
	for _, layer := range one.manifest.Layers {
		s.Layers = append(s.Layers, layer.MediaType+" "+fmt.Sprint(slices.Sorted(maps.Keys(layer.Annotations))))
	}
	return s
}
