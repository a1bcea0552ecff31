package plan_test

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

var digestA = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}

// TestPublished has which repositories hold the image, and how it is pulled.
func TestPublished(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ pushTo, byTag, moved, published, pull string }{
		"by digest":        {"r.test/app s.test/app", "", "", "r.test/app s.test/app", "r.test/app@" + digestA.String()},
		"by tag":           {"", "old.test/app", "old.test/app:1", "old.test/app", "old.test/app:1"},
		"both":             {"r.test/app", "old.test/app", "r.test/app:1 old.test/app:1", "r.test/app old.test/app", "r.test/app@" + digestA.String()},
		"theirs stays":     {"r.test/app", "old.test/app", "r.test/app:1", "r.test/app", "r.test/app@" + digestA.String()},
		"one of two stays": {"", "old.test/app old.test/bin", "old.test/bin:1", "old.test/bin", "old.test/bin:1"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			b, moved := plan.Build{PushTo: repositoriesOf(t, c.pushTo), ByTag: repositoriesOf(t, c.byTag)}, taggedAs(t, c.moved)
			var got []string
			for _, repo := range b.Published(moved) {
				got = append(got, repo.Name())
			}
			if strings.Join(got, " ") != c.published {
				t.Errorf("Published = %q, want %s", got, c.published)
			}
			if pull := b.PulledBy(digestA, moved).Name(); pull != c.pull {
				t.Errorf("PulledBy = %s, want %s", pull, c.pull)
			}
		})
	}
}

// TestPrevious asks about few tags, and about none of a run that publishes nothing.
func TestPrevious(t *testing.T) {
	t.Parallel()
	p := plan.Publish{Push: true, Tags: taggedAs(t, "o/app:1 o/app:2 o/app:3 o/app:4 o/app:5")}
	if got := p.Previous(); len(got) != 4 {
		t.Errorf("Previous = %v, want four", got)
	}
	p.Push = false
	if got := p.Previous(); len(got) != 0 {
		t.Errorf("Previous = %v of a run that publishes nothing", got)
	}
}

// TestMetadataDigest tells a digest only of what is to be found under it.
func TestMetadataDigest(t *testing.T) {
	t.Parallel()
	const answered = "sha256:answered"
	file := []inputs.Output{{Type: inputs.OutputOCI}}
	cases := map[string]struct {
		published v1.Hash
		can       plan.Capabilities
		stores    bool
		outputs   []inputs.Output
		want      string
	}{
		"published":                    {digestA, plan.BuildKit(), true, nil, digestA.String()},
		"published by an engine":       {digestA, plan.GraphDriverEngine(), true, nil, digestA.String()},
		"built alone":                  {v1.Hash{}, plan.BuildKit(), false, nil, ""},
		"built into a file":            {v1.Hash{}, plan.BuildKit(), false, file, answered},
		"built into a store":           {v1.Hash{}, plan.ContainerdEngine(), true, nil, answered},
		"built into an engine's store": {v1.Hash{}, plan.GraphDriverEngine(), true, nil, ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := plan.MetadataDigest(answered, c.published, c.can, c.stores, c.outputs); got != c.want {
				t.Errorf("MetadataDigest = %q, want %q", got, c.want)
			}
		})
	}
}

// TestSinglePlatform is the one asked for, else the builder's own.
func TestSinglePlatform(t *testing.T) {
	t.Parallel()
	arm := v1.Platform{OS: "linux", Architecture: "arm64"}
	can := plan.Capabilities{Platforms: []v1.Platform{{OS: "linux", Architecture: "amd64"}, arm}}
	if got, known := (plan.Build{}).SinglePlatform(can); !known || !got.Equals(can.Platforms[0]) {
		t.Errorf("SinglePlatform = %v, want the builder's first", got)
	}
	if got, known := (plan.Build{Platforms: []v1.Platform{arm}}).SinglePlatform(can); !known || !got.Equals(arm) {
		t.Errorf("SinglePlatform = %v, want %v", got, arm)
	}
	if got, known := (plan.Build{}).SinglePlatform(plan.Capabilities{}); known {
		t.Errorf("SinglePlatform = %v, although nobody has built", got)
	}
}
