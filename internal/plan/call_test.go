package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
)

// Where the Dockerfile is only asked, the inputs that say what is done with an image
// do nothing, and any builder will do that can answer.
func TestCallBuildsNothing(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{
		Call: inputs.CallCheck, Push: inputs.PushTrue, Load: true, RequireVisibility: packages.Private,
		CacheFrom:    []inputs.Cache{{Type: inputs.CacheS3, Attrs: attrs{}}},
		CacheTo:      []inputs.Cache{{Type: inputs.CacheInline, Attrs: attrs{}}},
		Attestations: []inputs.Attestation{{Type: inputs.SBOM}},
		Sandbox:      inputs.Sandbox{ShmSize: 1, Allow: []inputs.Entitlement{"network.host"}},
	}
	for title, facts := range map[string]plan.Facts{"a push": pushOf("refs/heads/main"), "a fork": pullFrom("stranger/hello-world")} {
		p, err := plan.New(in, facts)
		if err != nil {
			t.Errorf("%s: New = %v", title, err)
			continue
		}
		if p.Publish.Push || p.Publish.Reason != "the input call is check, for which nothing is built" {
			t.Errorf("%s: it publishes: %v, %q", title, p.Publish.Push, p.Publish.Reason)
		}
		if p.Watch.Required != packages.Unknown || len(p.Watch.Images) > 0 {
			t.Errorf("%s: it watches %v for %s", title, p.Watch.Images, p.Watch.Required)
		}
		if !slices.Contains(p.Remarks, "Nothing is built for call: check, which has no use for cache-to, load, push, require-visibility") {
			t.Errorf("%s: remarks %q", title, p.Remarks)
		}
		want := plan.Needs{Repositories: p.Needs().Repositories, Builds: plan.Builds{Call: inputs.CallCheck}}
		if diff := cmp.Diff(want, p.Needs()); diff != "" {
			t.Errorf("%s: needs, -want +got:\n%s", title, diff)
		}
	}
}

// A check that finds something fails the run, and nothing else that is found does.
func TestChecksFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		call  inputs.Call
		found int
		says  string
	}{
		{inputs.CallCheck, 0, ""},
		{inputs.CallCheck, 1, "checking the Dockerfile: BuildKit's checks have found one problem"},
		{inputs.CallCheck, 15, "checking the Dockerfile: BuildKit's checks have found 15 problems"},
		{inputs.CallBuild, 15, ""},
		{"", 15, ""},
		{inputs.CallOutline, 1, ""},
		{inputs.CallTargets, 1, ""},
	} {
		err := plan.Checked(c.call, c.found)
		if (err == nil) != (c.says == "") || err != nil && !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("Checked(%q, %d) = %v, want %q", c.call, c.found, err, c.says)
		}
	}
}

// The files of a stranger are not read with the secrets of the repository either: a
// syntax line names a program.
func TestCallRefusesAStrangersFiles(t *testing.T) {
	t.Parallel()
	if _, err := plan.New(inputs.Inputs{Call: inputs.CallTargets}, targetFrom("stranger/hello-world", "")); err == nil {
		t.Error("it is done")
	}
}
