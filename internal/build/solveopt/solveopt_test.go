package solveopt

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/frontend/attestations"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

func TestFrontendAttrs(t *testing.T) {
	t.Parallel()
	commit := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	cases := map[string]struct {
		plan plan.Build
		want map[string]string
	}{
		"nothing asked for": {
			plan.Build{Dockerfile: "/src/Dockerfile"},
			map[string]string{"filename": "Dockerfile"},
		},
		"everything": {
			plan.Build{
				Dockerfile: "/src/build/prod.Dockerfile",
				Target:     "final",
				Platforms:  []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm", Variant: "v7"}},
				Args:       map[string]string{"A": "1,2", "EMPTY": ""},
				Proxies:    map[string]inputs.Secret{"HTTP_PROXY": "http://u:p@proxy", "http_proxy": "http://u:p@proxy"},
				Labels:     map[string]string{"k": "a = \"b\""},
				NoCache:    true,
				Pull:       true,
				Epoch:      commit,
			},
			map[string]string{
				"filename":                    "prod.Dockerfile",
				"target":                      "final",
				"platform":                    "linux/amd64,linux/arm/v7",
				"build-arg:A":                 "1,2",
				"build-arg:EMPTY":             "",
				"build-arg:HTTP_PROXY":        "http://u:p@proxy",
				"build-arg:http_proxy":        "http://u:p@proxy",
				"build-arg:SOURCE_DATE_EPOCH": "1772600767",
				"label:k":                     "a = \"b\"",
				"no-cache":                    "",
				"image-resolve-mode":          "pull",
			},
		},
		"the user's own time wins": {
			plan.Build{Dockerfile: "/src/Dockerfile", Epoch: commit, Args: map[string]string{"SOURCE_DATE_EPOCH": "0"}},
			map[string]string{"filename": "Dockerfile", "build-arg:SOURCE_DATE_EPOCH": "0"},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, FrontendAttrs(c.plan)); diff != "" {
				t.Errorf("frontendAttrs differ (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestExports(t *testing.T) {
	t.Parallel()
	repos := []name.Repository{repositoryOf(t, "ghcr.io/octo/a"), repositoryOf(t, "registry.example.com/octo/b")}
	b := &builder.Builder{Capabilities: plan.Capabilities{PushByDigest: true}}
	want := []client.ExportEntry{{Type: "image", Attrs: map[string]string{
		"name": "ghcr.io/octo/a,registry.example.com/octo/b", "push": "true", "push-by-digest": "true", "name-canonical": "true", "oci-mediatypes": "true",
	}}}
	if diff := cmp.Diff(want, pushExports(plan.Build{PushTo: repos}, b)); diff != "" {
		t.Errorf("exports differ (-want, +got):\n%s", diff)
	}
	b.Stores = true
	if got := pushExports(plan.Build{PushTo: repos}, b)[0].Attrs["store"]; got != "false" {
		t.Errorf("store = %q on a builder with a store of its own, want false", got)
	}
	if got := pushExports(plan.Build{}, b); got != nil {
		t.Errorf("exports of a build that is not published = %v, want none", got)
	}
	b.PushByDigest = false
	want = []client.ExportEntry{{Type: "moby", Attrs: map[string]string{"name": b.Stored()}}}
	if diff := cmp.Diff(want, pushExports(plan.Build{PushTo: repos[:1]}, b)); diff != "" {
		t.Errorf("exports for an engine that pushes differ (-want, +got):\n%s", diff)
	}
}

// TestExportsByTag exports nothing where an image is taken by a tag alone, until
// PushTags does, and what is pushed has no media types but Docker's.
func TestExportsByTag(t *testing.T) {
	t.Parallel()
	byDigest, byTag := repositoryOf(t, "ghcr.io/octo/a"), repositoryOf(t, "docker.pkg.github.com/octo/a/b")
	b := &builder.Builder{Capabilities: plan.BuildKit()}
	if got := pushExports(plan.Build{ByTag: []name.Repository{byTag}}, b); got != nil {
		t.Errorf("exports = %v, want none", got)
	}
	both := plan.Build{PushTo: []name.Repository{byDigest}, ByTag: []name.Repository{byTag}, LoadAs: []name.Tag{byDigest.Tag("1")}}
	all := Exports(both, b, &builder.Loading{})
	if len(all) != 2 || all[1].Attrs["name"] != "ghcr.io/octo/a" || all[0].Attrs["oci-mediatypes"] != "false" || all[1].Attrs["oci-mediatypes"] != "false" {
		t.Errorf("exports = %v, want a push to ghcr.io alone, and a load of the same manifest", all)
	}
	engine := &builder.Builder{Capabilities: plan.GraphDriverEngine()}
	if got := pushExports(plan.Build{ByTag: []name.Repository{byTag}}, engine); len(got) != 1 || got[0].Type != "moby" {
		t.Errorf("exports for an engine that pushes = %v, want its store", got)
	}
}

// TestAllExports has the push last: BuildKit's answer is the last one's.
func TestAllExports(t *testing.T) {
	t.Parallel()
	repo := repositoryOf(t, "octo/a")
	p := plan.Build{PushTo: []name.Repository{repo}, LoadAs: []name.Tag{repo.Tag("1.2.3"), repo.Tag("latest")}}
	const names = "docker.io/octo/a:1.2.3,docker.io/octo/a:latest"
	types := func(entries []client.ExportEntry) string {
		var all []string
		for _, entry := range entries {
			all = append(all, entry.Type)
		}
		return strings.Join(all, " ")
	}
	for title, c := range map[string]struct {
		b       builder.Builder
		loading *builder.Loading
		types   string
		alone   string
		attrs   map[string]string
	}{
		"an engine with containerd":    {builder.Builder{Capabilities: plan.ContainerdEngine()}, nil, "moby image", "moby", map[string]string{"name": names, "oci-mediatypes": "true"}},
		"an engine with graph driver":  {builder.Builder{Capabilities: plan.GraphDriverEngine()}, nil, "moby", "moby", map[string]string{"name": names}},
		"a BuildKit beside the engine": {builder.Builder{Capabilities: plan.BuildKit()}, &builder.Loading{}, "docker image", "docker", map[string]string{"name": names, "oci-mediatypes": "true"}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			all := Exports(p, &c.b, c.loading)
			if got := types(all); got != c.types {
				t.Errorf("exports of type %q, want %q", got, c.types)
			}
			if diff := cmp.Diff(c.attrs, all[0].Attrs); diff != "" {
				t.Errorf("the load differs (-want, +got):\n%s", diff)
			}
			if (all[0].Output != nil) != (c.loading != nil) {
				t.Error("there is a stream where there should be none, or none where there should")
			}
			alone := p
			alone.PushTo = nil
			if got := types(Exports(alone, &c.b, c.loading)); got != c.alone {
				t.Errorf("a load alone has exports of type %q, want %q", got, c.alone)
			}
			alone.LoadAs = nil
			if got := Exports(alone, &c.b, c.loading); len(got) != 0 {
				t.Errorf("a build alone has the exports %v", got)
			}
		})
	}
}

func TestAttestationAttrs(t *testing.T) {
	t.Parallel()
	wanted := []inputs.Attestation{
		{Type: inputs.Provenance, Attrs: map[string]string{"mode": "min", "builder-id": `https://a/?b,"c"`}},
		{Type: inputs.SBOM},
	}
	want := map[string]string{"attest:provenance": `"builder-id=https://a/?b,""c""",mode=min`, "attest:sbom": ""}
	if diff := cmp.Diff(want, AttestationAttrs(wanted, false)); diff != "" {
		t.Errorf("attributes differ (-want, +got):\n%s", diff)
	}
	want["attest:provenance"] = `"builder-id=https://a/?b,""c""",inline-only=true,mode=min`
	if diff := cmp.Diff(want, AttestationAttrs(wanted, true)); diff != "" {
		t.Errorf("attributes beside a stream differ (-want, +got):\n%s", diff)
	}
	parsed, err := attestations.Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed["provenance"]["builder-id"]; got != wanted[0].Attrs["builder-id"] {
		t.Errorf("BuildKit reads the builder %q, want %q", got, wanted[0].Attrs["builder-id"])
	}
}

func repositoryOf(t *testing.T, text string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}
