package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

var (
	amd64, arm64 = v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}
	two          = []v1.Platform{arm64, amd64}
)

// builders are the kinds that exist.
func builders() map[string]plan.Capabilities {
	alone, streaming, old := plan.BuildKit(), plan.BuildKitOf("v0.33.1"), plan.BuildKitOf("v0.10.6")
	streaming.Load, old.Load = plan.LoadStream, plan.LoadStream
	return map[string]plan.Capabilities{
		"nothing":      {},
		"BuildKit":     alone,
		"streaming":    streaming, // a BuildKit with an engine beside it
		"old BuildKit": old,
		"containerd":   plan.ContainerdEngineOf("1.52"),
		"graph driver": plan.GraphDriverEngine(),
	}
}

// What each kind of builder lacks for each need, and for needs together. A kind
// that is not named lacks nothing.
func TestLacks(t *testing.T) {
	t.Parallel()
	const buildTimes, noRecord = "it leaves the files of an image the times of the build (reproducible)", "it keeps no record of a build (build-record)"
	cases := map[string]struct {
		needs plan.Needs
		want  map[string]string
	}{
		"a build":                  {plan.Needs{}, nil},
		"a build of two platforms": {plan.Needs{Platforms: two}, nil},
		"a push":                   {plan.Needs{Push: true, Repositories: 1, Platforms: []v1.Platform{arm64}}, map[string]string{"nothing": "it cannot push"}},
		"a push of two platforms": {plan.Needs{Push: true, Repositories: 1, Platforms: two}, map[string]string{
			"nothing": "it cannot push", "graph driver": "it cannot make several platforms in one image (linux/amd64, linux/arm64)",
		}},
		"a push to two repositories": {plan.Needs{Push: true, Repositories: 2}, map[string]string{
			"nothing": "it cannot push", "graph driver": "it cannot make one image in 2 repositories",
		}},
		"a push of two to two": {plan.Needs{Push: true, Repositories: 2, Platforms: two}, map[string]string{
			"nothing": "it cannot push", "graph driver": "it cannot make several platforms in one image (linux/amd64, linux/arm64) and one image in 2 repositories",
		}},
		"provenance": {plan.Needs{Push: true, Repositories: 1, Attestations: []inputs.AttestationType{inputs.Provenance}}, map[string]string{
			"nothing":      "it cannot push; it silently drops attestations (provenance)",
			"old BuildKit": "it silently drops attestations (provenance)",
			"graph driver": "it silently drops attestations (provenance)",
		}},
		"attestations of what is not pushed": {plan.Needs{Attestations: []inputs.AttestationType{inputs.Provenance, inputs.SBOM}}, nil},
		"attestations in files": {plan.Needs{Attestations: []inputs.AttestationType{inputs.Provenance}, Exports: plan.Exports{Outputs: []inputs.OutputType{inputs.OutputLocal}}}, map[string]string{
			"nothing":      "it silently drops attestations (provenance); it writes no output of type local",
			"old BuildKit": "it silently drops attestations (provenance)",
			"graph driver": "it silently drops attestations (provenance)",
		}},
		"a directory": {plan.Needs{Exports: plan.Exports{Outputs: []inputs.OutputType{inputs.OutputLocal}}}, map[string]string{"nothing": "it writes no output of type local"}},
		"a directory to empty": {plan.Needs{Exports: plan.Exports{Outputs: []inputs.OutputType{inputs.OutputLocal}, Empties: true}}, map[string]string{
			"nothing": "it writes no output of type local; it does not know mode=delete of type=local", "old BuildKit": "it does not know mode=delete of type=local",
			"containerd": "it does not know mode=delete of type=local", "graph driver": "it does not know mode=delete of type=local",
		}},
		"two layouts": {plan.Needs{Exports: plan.Exports{Outputs: []inputs.OutputType{inputs.OutputOCI, inputs.OutputOCI}}}, map[string]string{
			"nothing": "it writes no output of type oci; it silently drops all but one of several results (oci, oci)", "old BuildKit": "it silently drops all but one of several results (oci, oci)",
			"graph driver": "it writes no output of type oci, only local, tar; it silently drops all but one of several results (oci, oci)",
		}},
		"an archive beside a push": {plan.Needs{Push: true, Repositories: 1, Exports: plan.Exports{Outputs: []inputs.OutputType{inputs.OutputTar}}}, map[string]string{
			"nothing": "it cannot push; it writes no output of type tar; it silently drops all but one of several results (the image, tar)", "old BuildKit": "it silently drops all but one of several results (the image, tar)",
			"graph driver": "it silently drops all but one of several results (the image, tar)",
		}},
		"options of a pushed image": {plan.Needs{Push: true, Repositories: 1, Exports: plan.Exports{ImageOptions: []string{"compression"}}}, map[string]string{
			"nothing": "it cannot push; it silently drops options of the image (compression)", "graph driver": "it silently drops options of the image (compression)",
		}},
		"options of nothing": {plan.Needs{Exports: plan.Exports{ImageOptions: []string{"compression"}}}, nil},
		"a push by digest": {plan.Needs{Push: true, Repositories: 1, Exports: plan.Exports{ByDigest: true}}, map[string]string{
			"nothing": "it cannot push; it pushes by a tag alone, and none is to move", "graph driver": "it pushes by a tag alone, and none is to move",
		}},
		"cache to a registry": {plan.Needs{CacheTo: []inputs.CacheType{inputs.CacheRegistry}}, map[string]string{
			"nothing": "it exports no cache of type registry", "graph driver": "it exports no cache of type registry, only inline",
		}},
		"inline cache": {plan.Needs{CacheTo: []inputs.CacheType{inputs.CacheInline}}, map[string]string{"nothing": "it exports no cache of type inline"}},
		"cache to everywhere": {plan.Needs{CacheTo: []inputs.CacheType{inputs.CacheInline, inputs.CacheLocal, inputs.CacheS3}}, map[string]string{
			"nothing": "it exports no cache of type inline, local, s3", "graph driver": "it exports no cache of type local, s3, only inline",
			"containerd": "it exports no cache of type s3, only registry, inline, local, gha",
		}},
		"cache to GitHub": {plan.Needs{CacheFrom: []inputs.CacheType{inputs.CacheGitHub}, CacheTo: []inputs.CacheType{inputs.CacheGitHub}}, map[string]string{
			"nothing":      "it exports no cache of type gha; it imports no cache of type gha",
			"old BuildKit": "it exports no cache of type gha, only registry, inline, local, s3, azblob; it imports no cache of type gha, only registry, local, s3, azblob",
			"graph driver": "it exports no cache of type gha, only inline; it imports no cache of type gha, only registry, local",
		}},
		"cache from a registry and a directory": {plan.Needs{CacheFrom: []inputs.CacheType{inputs.CacheRegistry, inputs.CacheLocal}}, map[string]string{
			"nothing": "it imports no cache of type registry, local",
		}},
		"cache from Azure": {plan.Needs{CacheFrom: []inputs.CacheType{inputs.CacheAzblob}}, map[string]string{
			"nothing": "it imports no cache of type azblob", "graph driver": "it imports no cache of type azblob, only registry, local",
			"containerd": "it imports no cache of type azblob, only registry, local, gha",
		}},
		"a load": {plan.Needs{Load: true, Platforms: []v1.Platform{arm64}}, map[string]string{
			"nothing": "it has no Docker engine to load the image into", "BuildKit": "it has no Docker engine to load the image into",
		}},
		"a load of two platforms": {plan.Needs{Load: true, Platforms: two}, map[string]string{
			"nothing": "it has no Docker engine to load the image into", "BuildKit": "it has no Docker engine to load the image into",
			"streaming":    "it loads no image of several platforms (linux/amd64, linux/arm64) into a Docker engine",
			"old BuildKit": "it loads no image of several platforms (linux/amd64, linux/arm64) into a Docker engine",
			"graph driver": "it loads no image of several platforms (linux/amd64, linux/arm64) into a Docker engine",
		}},
		"a load and a push": {plan.Needs{Load: true, Push: true, Repositories: 1}, map[string]string{
			"nothing": "it cannot push; it has no Docker engine to load the image into", "BuildKit": "it has no Docker engine to load the image into",
			"old BuildKit": "it silently drops the second of two results (a push and a load)",
		}},
		"a load and a push with provenance": {plan.Needs{Load: true, Push: true, Repositories: 1, Attestations: []inputs.AttestationType{inputs.Provenance}}, map[string]string{
			"nothing":      "it cannot push; it silently drops attestations (provenance); it has no Docker engine to load the image into",
			"BuildKit":     "it has no Docker engine to load the image into",
			"old BuildKit": "it silently drops attestations (provenance); it silently drops the second of two results (a push and a load)",
			"graph driver": "it silently drops attestations (provenance)",
		}},
		"a load and a push with a bill of materials": {plan.Needs{Load: true, Push: true, Repositories: 1, Attestations: []inputs.AttestationType{inputs.SBOM}}, map[string]string{
			"nothing":      "it cannot push; it silently drops attestations (sbom); it has no Docker engine to load the image into",
			"BuildKit":     "it has no Docker engine to load the image into",
			"old BuildKit": "it silently drops attestations (sbom); it silently drops the second of two results (a push and a load)",
			"graph driver": "it silently drops attestations (sbom)",
		}},
		"other times of files": {plan.Needs{FileTimes: true, Push: true, Repositories: 1}, map[string]string{
			"nothing": "it cannot push; " + buildTimes, "old BuildKit": buildTimes, "graph driver": buildTimes,
		}},
		"other times of files in what is loaded": {plan.Needs{FileTimes: true, Load: true}, map[string]string{
			"nothing": "it has no Docker engine to load the image into; " + buildTimes, "BuildKit": "it has no Docker engine to load the image into",
			"old BuildKit": buildTimes, "graph driver": buildTimes, "containerd": "it cannot load an image whose files have other times than those of the build (reproducible)",
		}},
		"other times of files of nothing": {plan.Needs{FileTimes: true}, nil},
		"a record":                        {plan.Needs{Record: true}, map[string]string{"nothing": noRecord, "old BuildKit": noRecord, "graph driver": noRecord}},
		"everything at once": {
			plan.Needs{
				Push: true, Repositories: 2, Platforms: two, Load: true, Attestations: []inputs.AttestationType{inputs.Provenance},
				CacheTo: []inputs.CacheType{inputs.CacheRegistry}, CacheFrom: []inputs.CacheType{inputs.CacheRegistry},
			}, map[string]string{
				"nothing":      "it cannot push; it silently drops attestations (provenance); it exports no cache of type registry; it imports no cache of type registry; it has no Docker engine to load the image into",
				"BuildKit":     "it has no Docker engine to load the image into",
				"streaming":    "it loads no image of several platforms (linux/amd64, linux/arm64) into a Docker engine",
				"old BuildKit": "it silently drops attestations (provenance); it loads no image of several platforms (linux/amd64, linux/arm64) into a Docker engine; it silently drops the second of two results (a push and a load)",
				"graph driver": "it cannot make several platforms in one image (linux/amd64, linux/arm64) and one image in 2 repositories; it silently drops attestations (provenance); it exports no cache of type registry, only inline; it loads no image of several platforms (linux/amd64, linux/arm64) into a Docker engine",
			},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			for kind := range c.want {
				if _, exists := builders()[kind]; !exists {
					t.Errorf("there is no builder %q", kind)
				}
			}
			for kind, can := range builders() {
				if got := can.Lacks(c.needs); got != c.want[kind] {
					t.Errorf("%s lacks\n %q, want\n %q", kind, got, c.want[kind])
				}
			}
		})
	}
}

// What a builder drops without a word depends on its version.
func TestVersions(t *testing.T) {
	t.Parallel()
	type can struct{ Attestations, SeveralResults, LoadedFileTimes bool }
	cases := map[string]struct {
		can  plan.Capabilities
		want can
	}{
		"an old one, which says none": {plan.BuildKitOf(""), can{}},
		"0.10":                        {plan.BuildKitOf("v0.10.6"), can{}},
		"0.11":                        {plan.BuildKitOf("v0.11.0-rc1"), can{Attestations: true}},
		"0.12":                        {plan.BuildKitOf("v0.12.5"), can{Attestations: true}},
		"0.13":                        {plan.BuildKitOf("0.13.0"), can{true, true, false}},
		"with an addition":            {plan.BuildKitOf("v0.33.0-moby"), can{true, true, false}},
		"1.0":                         {plan.BuildKitOf("v1.0.0"), can{true, true, false}},
		"from a checkout":             {plan.BuildKitOf("v0.0.0+unknown"), can{true, true, false}},
		"a branch's name":             {plan.BuildKitOf("master"), can{true, true, false}},
		"Docker 23":                   {plan.ContainerdEngineOf("1.42"), can{}},
		"Docker 25":                   {plan.ContainerdEngineOf("1.44"), can{Attestations: true}},
		"Docker 26":                   {plan.ContainerdEngineOf("1.45"), can{true, true, false}},
		"Docker 29":                   {plan.ContainerdEngineOf("1.52"), can{true, true, false}},
		"Docker 29.2":                 {plan.ContainerdEngineOf("1.53"), can{true, true, true}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := (can{c.can.Attestations, c.can.SeveralResults, c.can.LoadedFileTimes}); got != c.want {
				t.Errorf("it can %+v, want %+v", got, c.want)
			}
			if c.can.Records != c.want.Attestations || c.can.FileTimes != c.want.SeveralResults {
				t.Errorf("it keeps records: %v, and gives files times: %v", c.can.Records, c.can.FileTimes)
			}
		})
	}
	lack := plan.ContainerdEngineOf("1.44").Lacks(plan.Needs{Push: true, Repositories: 1, Load: true})
	if want := "it silently drops the second of two results (a push and a load)"; lack != want {
		t.Errorf("Docker 25 lacks %q, want %q", lack, want)
	}
}

// Whoever forced a builder that cannot is told which could.
func TestCould(t *testing.T) {
	t.Parallel()
	const container, engine = "builder: container, builder: local, the address of a current BuildKit", "a Docker engine with the containerd image store"
	cases := map[string]struct {
		needs plan.Needs
		want  string
	}{
		"two platforms":           {plan.Needs{Push: true, Repositories: 1, Platforms: two}, container + " or " + engine},
		"cache in S3":             {plan.Needs{CacheTo: []inputs.CacheType{inputs.CacheS3}}, "builder: container, builder: local or the address of a current BuildKit"},
		"a load of two platforms": {plan.Needs{Load: true, Platforms: two}, engine},
		"nobody":                  {plan.Needs{Load: true, Platforms: two, CacheTo: []inputs.CacheType{inputs.CacheS3}}, ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := plan.Could(c.needs); got != c.want {
				t.Errorf("Could = %q, want %q", got, c.want)
			}
		})
	}
}

// A plan says what it needs.
func TestNeeds(t *testing.T) {
	t.Parallel()
	registry := func(ref string) inputs.Cache {
		return inputs.Cache{Type: inputs.CacheRegistry, Attrs: map[string]string{"ref": ref}}
	}
	in := inputs.Inputs{
		Images: []string{"a", "b"}, Tags: rules(t, "latest", "1.2.3"), Platforms: []v1.Platform{arm64}, Load: true, Push: inputs.PushTrue,
		CacheFrom: []inputs.Cache{registry("ghcr.io/octo/a:cache"), registry("ghcr.io/octo/b:cache")}, CacheTo: []inputs.Cache{{Type: inputs.CacheInline}},
		Attestations: []inputs.Attestation{{Type: inputs.Provenance}, {Type: inputs.SBOM}},
	}
	p, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Needs{
		Push: true, Repositories: 2, Platforms: in.Platforms, Load: true,
		CacheFrom: []inputs.CacheType{inputs.CacheRegistry}, CacheTo: []inputs.CacheType{inputs.CacheInline},
		Attestations: []inputs.AttestationType{inputs.Provenance, inputs.SBOM},
	}
	if diff := cmp.Diff(want, p.Needs()); diff != "" {
		t.Errorf("Needs, -want +got:\n%s", diff)
	}
	in.Push = inputs.PushFalse
	p, err = plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Needs(); n.Push || n.Repositories != 0 || len(n.Attestations) != 0 || !n.Load {
		t.Errorf("a build that is not published needs %+v", n)
	}
	if !slices.ContainsFunc(p.Remarks, func(remark string) bool { return strings.Contains(remark, "No attestations") }) {
		t.Errorf("remarks %q, want one about the attestations", p.Remarks)
	}
}
