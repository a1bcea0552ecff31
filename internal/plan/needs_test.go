package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

func TestLacks(t *testing.T) {
	t.Parallel()
	amd64, arm64 := v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}
	everything := plan.Capabilities{PushByDigest: true}
	engine := plan.Capabilities{PushByTag: true}
	nothing := plan.Capabilities{}
	cases := map[string]struct {
		can   plan.Capabilities
		needs plan.Needs
		want  string
	}{
		"a build on anything":                {nothing, plan.Needs{}, ""},
		"a build of two platforms":           {engine, plan.Needs{Platforms: []v1.Platform{amd64, arm64}}, ""},
		"a push on BuildKit":                 {everything, plan.Needs{Push: true, Repositories: 3, Platforms: []v1.Platform{amd64, arm64}}, ""},
		"a push with the engine":             {engine, plan.Needs{Push: true, Repositories: 1, Platforms: []v1.Platform{arm64}}, ""},
		"a push with nothing":                {nothing, plan.Needs{Push: true, Repositories: 1}, "it cannot push"},
		"two platforms with the engine":      {engine, plan.Needs{Push: true, Repositories: 1, Platforms: []v1.Platform{arm64, amd64}}, "it cannot make several platforms in one image (linux/amd64, linux/arm64)"},
		"two repositories with the engine":   {engine, plan.Needs{Push: true, Repositories: 2}, "it cannot make one image in 2 repositories"},
		"two of each, everything that fails": {engine, plan.Needs{Push: true, Repositories: 2, Platforms: []v1.Platform{amd64, arm64}}, "it cannot make several platforms in one image (linux/amd64, linux/arm64) and one image in 2 repositories"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := c.can.Lacks(c.needs); got != c.want {
				t.Errorf("Lacks(%+v) = %q, want %q", c.needs, got, c.want)
			}
		})
	}
}

// A plan says what it needs, and names the tag that an engine pushes first: a
// version where there is one.
func TestNeeds(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Images: []string{"a", "b"}, Tags: []string{"latest", "1.2.3"}, Platforms: []v1.Platform{{OS: "linux", Architecture: "arm64"}}}
	p, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Needs{Push: true, Repositories: 2, Platforms: in.Platforms}
	if diff := cmp.Diff(want, p.Needs()); diff != "" {
		t.Errorf("Needs, -want +got:\n%s", diff)
	}
	if want := "ghcr.io/octo/a:1.2.3"; p.Build.StoreAs.Name() != want {
		t.Errorf("the engine pushes %s first, want %s", p.Build.StoreAs, want)
	}
	in.Push = inputs.PushFalse
	p, err = plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Needs().Push || p.Needs().Repositories != 0 || p.Build.StoreAs != (name.Tag{}) {
		t.Errorf("a build that is not published needs %+v and %q", p.Needs(), p.Build.StoreAs)
	}
}
