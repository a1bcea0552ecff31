package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestMoving leaves out the tags that would go back, in every repository.
func TestMoving(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Images: []string{"a", "b"}, Tags: rules(t, "type=semver,pattern={{version}}", "type=semver,pattern={{major}}", "nightly")}
	cases := map[string]struct {
		ref      string
		known    metadata.Known
		policy   metadata.Policy
		moves    string
		versions bool
	}{
		"nothing is known":     {"refs/tags/v1.2.3", metadata.Known{}, metadata.Forward, "1.2.3 1 nightly latest", true},
		"there is none":        {"refs/tags/v1.2.3", metadata.Known{Published: []string{}}, metadata.Forward, "1.2.3 1 nightly latest", true},
		"a newer major":        {"refs/tags/v1.2.3", metadata.Known{Published: []string{"2.0.0"}}, metadata.Forward, "1.2.3 1 nightly", true},
		"a newer patch":        {"refs/tags/v1.2.3", metadata.Known{Git: []string{"v1.2.4"}}, metadata.Forward, "1.2.3 nightly", true},
		"as before":            {"refs/tags/v1.2.3", metadata.Known{Git: []string{"v1.2.4"}}, metadata.Compat, "1.2.3 1 nightly latest", false},
		"nothing that follows": {"refs/heads/main", metadata.Known{}, metadata.Forward, "nightly", false},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in := in
			in.Floating = c.policy
			p, err := plan.New(in, pushOf(c.ref))
			if err != nil {
				t.Fatal(err)
			}
			if versions, branches := p.Publish.Follows(); versions != c.versions || len(branches) > 0 {
				t.Errorf("Follows = %v, %v, want %v and no branch", versions, branches, c.versions)
			}
			moving, unmoved := p.Publish.Moving(c.known)
			var want []string
			for _, image := range []string{"a", "b"} {
				for tag := range strings.FieldsSeq(c.moves) {
					want = append(want, "ghcr.io/octo/"+image+":"+tag)
				}
			}
			if diff := cmp.Diff(want, names(moving.Tags)); diff != "" {
				t.Errorf("Moving, -want +got:\n%s", diff)
			}
			if len(moving.Tags)+len(unmoved) != len(p.Publish.Tags) {
				t.Errorf("%d tags move and %d stay, of %d", len(moving.Tags), len(unmoved), len(p.Publish.Tags))
			}
		})
	}
}

// TestBranchesAreFollowed: the tag of main asks for the commit of its image.
func TestBranchesAreFollowed(t *testing.T) {
	t.Parallel()
	p, err := plan.New(inputs.Inputs{}, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	if versions, branches := p.Publish.Follows(); versions || len(branches) != 1 || branches[0].TagStr() != "latest" {
		t.Errorf("Follows = %v, %v, want latest of the branch", versions, branches)
	}
	if _, unmoved := p.Publish.Moving(metadata.Known{Contains: map[string]string{"latest": headSHA}}); len(unmoved) != 1 || !strings.Contains(unmoved[0].Reason, headSHA) {
		t.Errorf("Moving: %v stay, want latest, because of the newer commit", unmoved)
	}
	if versions, branches := plan.Publish.Follows(plan.Publish{}); versions || branches != nil {
		t.Error("a run that publishes nothing asks for something")
	}
}

// TestAnnotations are for the places that an image has.
func TestAnnotations(t *testing.T) {
	t.Parallel()
	own, err := metadata.ParseAnnotations(lines("index:only=here", "both=1"))
	if err != nil {
		t.Fatal(err)
	}
	in := inputs.Inputs{Annotations: own}
	one, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	in.Platforms = linux("amd64", "arm64")
	two, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Notices) != 1 || !strings.Contains(one.Notices[0], "index:only=here is left out") || len(two.Notices) > 0 {
		t.Errorf("notices %q and %q, want one about the index that is none", one.Notices, two.Notices)
	}
	if !one.Needs().Annotations || len(one.Build.Carried()) >= len(two.Build.Carried()) {
		t.Errorf("%d annotations of one platform, %d of two", len(one.Build.Carried()), len(two.Build.Carried()))
	}
	if got := two.Build.IndexAnnotations(); got["only"] != "here" || got["both"] != "1" || got["org.opencontainers.image.revision"] != commitSHA {
		t.Errorf("annotations of the index: %v", got)
	}
	standard, err := plan.New(inputs.Inputs{}, pushOf("refs/heads/main"))
	if err != nil || standard.Needs().Annotations {
		t.Errorf("the standard annotations need another builder: %v", err)
	}
}
