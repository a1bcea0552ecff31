package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

type attrs = map[string]string

// Provenance says little unless it is asked for more, and names the run.
func TestAttestations(t *testing.T) {
	t.Parallel()
	const run = "https://github.com/Octo/Hello-World/actions/runs/1/attempts/1"
	cases := map[string]struct {
		given inputs.Attestation
		run   string
		want  attrs
	}{
		"provenance":                 {inputs.Attestation{Type: inputs.Provenance}, run, attrs{"mode": "min", "builder-id": run}},
		"provenance outside Actions": {inputs.Attestation{Type: inputs.Provenance}, "", attrs{"mode": "min"}},
		"all of it":                  {inputs.Attestation{Type: inputs.Provenance, Attrs: attrs{"mode": "max", "version": "v0.2"}}, run, attrs{"mode": "max", "version": "v0.2", "builder-id": run}},
		"a builder of one's own":     {inputs.Attestation{Type: inputs.Provenance, Attrs: attrs{"builder-id": "me"}}, run, attrs{"mode": "min", "builder-id": "me"}},
		"a bill of materials":        {inputs.Attestation{Type: inputs.SBOM, Attrs: attrs{"generator": "a/b"}}, run, attrs{"generator": "a/b"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := pushOf("refs/heads/main")
			f.Run = c.run
			p, err := plan.New(inputs.Inputs{Attestations: []inputs.Attestation{c.given}}, f)
			if err != nil {
				t.Fatal(err)
			}
			want := []inputs.Attestation{{Type: c.given.Type, Attrs: c.want}}
			if diff := cmp.Diff(want, p.Build.Attestations); diff != "" {
				t.Errorf("attestations, -want +got:\n%s", diff)
			}
			if len(p.Remarks) != 0 {
				t.Errorf("remarks %q, want none", p.Remarks)
			}
		})
	}
}

// A run that anybody can start does not write cache that others read, and stays
// green.
func TestCacheOfARunThatCannotWrite(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{CacheTo: []inputs.Cache{
		{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "ghcr.io/octo/hello-world:cache"}},
		{Type: inputs.CacheLocal, Attrs: attrs{"dest": "/w/cache"}},
		{Type: inputs.CacheS3, Attrs: attrs{}},
	}}
	p, err := plan.New(in, pullFrom("stranger/hello-world"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.CacheTo[1:2], p.Build.CacheTo); diff != "" {
		t.Errorf("cache is exported to, -want +got:\n%s", diff)
	}
	if len(p.Remarks) != 2 || !strings.Contains(p.Remarks[0], "of type registry is exported: this pull request comes from the fork stranger/hello-world") {
		t.Errorf("remarks %q, want one for the registry and one for S3", p.Remarks)
	}
	p, err = plan.New(in, pullFrom("Octo/Hello-World"))
	if err != nil || len(p.Build.CacheTo) != 3 || len(p.Remarks) != 0 {
		t.Errorf("a pull request of the repository exports to %v with remarks %q, %v, want all three and none", p.Build.CacheTo, p.Remarks, err)
	}
}

// A cache under a tag of the image would take the image's place.
func TestCacheInAnImagesTag(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{
		Tags:    rules(t, "latest", "1.2.3", "docker.io/octo/app:1"),
		CacheTo: []inputs.Cache{{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "ghcr.io/octo/hello-world:latest"}}},
	}
	_, err := plan.New(in, pushOf("refs/heads/main"))
	wantRefusal(t, err, "exporting the cache to ghcr.io/octo/hello-world:latest", "a tag of the image")
	in.CacheTo[0].Attrs["ref"] = "docker.io/octo/app:1"
	_, err = plan.New(in, pushOf("refs/heads/main"))
	wantRefusal(t, err, "docker.io/octo/app:1")
	in.CacheFrom, in.CacheTo = in.CacheTo, nil
	if _, err := plan.New(in, pushOf("refs/heads/main")); err != nil {
		t.Errorf("New = %v, want none for a cache that is read", err)
	}
}

// What is loaded has the names of what is published, also where nothing is.
func TestLoadAs(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Tags: rules(t, "1.2.3", "latest"), Load: true}
	for _, f := range []plan.Facts{pushOf("refs/heads/main"), pullFrom("stranger/hello-world")} {
		p, err := plan.New(in, f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ghcr.io/octo/hello-world:1.2.3", "ghcr.io/octo/hello-world:latest"}, names(p.Build.LoadAs)); diff != "" {
			t.Errorf("loaded as, -want +got:\n%s", diff)
		}
	}
	in.Load = false
	if p, err := plan.New(in, pushOf("refs/heads/main")); err != nil || len(p.Build.LoadAs) != 0 {
		t.Errorf("loaded as %v, %v, want nothing", p.Build.LoadAs, err)
	}
}

// Names of outputs take the place of the tags in an engine's store, and change nothing of
// what is published.
func TestLoadAsNamed(t *testing.T) {
	t.Parallel()
	named := []string{"docker.io/library/app:local", "ghcr.io/octo/app:2"}
	for title, c := range map[string]struct {
		tagsToo bool
		want    []string
	}{
		"names alone": {false, []string{"index.docker.io/library/app:local", "ghcr.io/octo/app:2"}},
		"tags, too":   {true, []string{"ghcr.io/octo/app:1", "ghcr.io/octo/app:2", "index.docker.io/library/app:local"}},
	} {
		got, err := plan.New(inputs.Inputs{Load: true, LoadAs: named, LoadTags: c.tagsToo, Push: inputs.PushTrue, Images: []string{"app"}, Tags: rules(t, "1", "2")}, pushOf("refs/heads/main"))
		if err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		if diff := cmp.Diff(c.want, names(got.Build.LoadAs)); diff != "" {
			t.Errorf("%s, -want +got:\n%s", title, diff)
		}
		if diff := cmp.Diff([]string{"ghcr.io/octo/app:1", "ghcr.io/octo/app:2"}, names(got.Publish.Tags)); diff != "" || !got.Publish.Push {
			t.Errorf("%s: what is published, -want +got:\n%s", title, diff)
		}
	}
}
