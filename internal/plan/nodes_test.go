package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

func linux(architectures ...string) []v1.Platform {
	var all []v1.Platform
	for _, architecture := range architectures {
		all = append(all, v1.Platform{OS: "linux", Architecture: architecture})
	}
	return all
}

func TestNodesAreAssignedPlatforms(t *testing.T) {
	t.Parallel()
	a := inputs.Node{Platforms: linux("amd64", "386"), Address: "tcp://a:1"}
	b := inputs.Node{Platforms: linux("arm64"), Address: "tcp://b:1"}
	// Of b and c, a hash that must never change chooses b for octo/hello-world.
	c := inputs.Node{Platforms: linux("arm64", "s390x"), Address: "tcp://c:1"}
	cases := map[string]struct {
		nodes  []inputs.Node
		wanted []v1.Platform
		want   []plan.Share
		builds []v1.Platform // all of them, in the order of the index
	}{
		"no farm": {nil, linux("amd64"), nil, linux("amd64")},
		"all that the farm names": {
			[]inputs.Node{a, b},
			nil,
			[]plan.Share{{"tcp://a:1", linux("amd64", "386")}, {"tcp://b:1", linux("arm64")}},
			linux("amd64", "386", "arm64"),
		},
		"those that are wanted, in their order": {
			[]inputs.Node{a, b},
			linux("arm64", "386", "amd64"),
			[]plan.Share{{"tcp://a:1", linux("386", "amd64")}, {"tcp://b:1", linux("arm64")}},
			linux("arm64", "386", "amd64"),
		},
		"a node without work": {
			[]inputs.Node{a, b},
			linux("arm64"),
			[]plan.Share{{"tcp://b:1", linux("arm64")}},
			linux("arm64"),
		},
		"several nodes for a platform": {
			[]inputs.Node{a, b, c},
			linux("amd64", "arm64"),
			[]plan.Share{{"tcp://a:1", linux("amd64")}, {"tcp://b:1", linux("arm64")}},
			linux("amd64", "arm64"),
		},
		"and in another order": {
			[]inputs.Node{c, b, a},
			linux("amd64", "arm64"),
			[]plan.Share{{"tcp://b:1", linux("arm64")}, {"tcp://a:1", linux("amd64")}},
			linux("amd64", "arm64"),
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p, err := plan.New(inputs.Inputs{Nodes: c.nodes, Platforms: c.wanted}, pushOf("refs/heads/main"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, p.Nodes); diff != "" {
				t.Errorf("shares, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(c.builds, p.Build.Platforms); diff != "" {
				t.Errorf("platforms, -want +got:\n%s", diff)
			}
		})
	}
}

// The rule by which one of several nodes is taken: the same image comes to the
// same node, images and targets spread, and a node that goes moves only its own.
func TestNodesSpreadImages(t *testing.T) {
	t.Parallel()
	var nodes []inputs.Node
	for i := range 4 {
		nodes = append(nodes, inputs.Node{Platforms: linux("amd64"), Address: fmt.Sprintf("tcp://node-%d:1", i)})
	}
	choose := func(nodes []inputs.Node, image, target string) string {
		p, err := plan.New(inputs.Inputs{Nodes: nodes, Images: []string{image}, Target: target}, pushOf("refs/heads/main"))
		if err != nil || len(p.Nodes) != 1 {
			t.Fatalf("New = %v, %v, want one share", p.Nodes, err)
		}
		return p.Nodes[0].Address
	}
	const images = 400
	taken, moved := map[string]int{}, 0
	for i := range images {
		image := fmt.Sprintf("app-%d", i)
		before := choose(nodes, image, "")
		taken[before]++
		if again := choose(nodes, image, ""); again != before {
			t.Errorf("%s is built on %s and then on %s", image, before, again)
		}
		after := choose(slices.Clone(nodes[1:]), image, "")
		if before == nodes[0].Address {
			moved++
		} else if after != before {
			t.Errorf("%s moves from %s to %s when another node goes", image, before, after)
		}
	}
	for _, node := range nodes {
		// A fair share is 100, and five standard deviations are 43.
		if n := taken[node.Address]; n < 55 || n > 145 {
			t.Errorf("%s builds %d of %d images: %v", node.Address, n, images, taken)
		}
	}
	targets := map[string]bool{}
	for i := range 40 {
		targets[choose(nodes, "app", fmt.Sprintf("stage-%d", i))] = true
	}
	if len(targets) != len(nodes) {
		t.Errorf("40 targets are built on %d nodes, want all", len(targets))
	}
}

func TestNodesWithoutAPlatform(t *testing.T) {
	t.Parallel()
	nodes := []inputs.Node{{Platforms: linux("amd64", "386"), Address: "tcp://a:1"}, {Platforms: linux("arm64"), Address: "ssh://b"}}
	_, err := plan.New(inputs.Inputs{Nodes: nodes, Platforms: linux("amd64", "s390x", "riscv64")}, pushOf("refs/heads/main"))
	wantRefusal(t, err,
		"no node builds linux/riscv64, linux/s390x", "there are tcp://a:1 (linux/386, linux/amd64), ssh://b (linux/arm64)",
		"add a line linux/s390x=ADDRESS to the input builder")
	// Together with what else is wrong.
	_, err = plan.New(inputs.Inputs{Nodes: nodes, Platforms: linux("s390x"), Images: []string{"a//b"}}, pushOf("refs/heads/main"))
	if got := refusals(t, err); len(got) != 2 {
		t.Errorf("New reports %v, want the image and the platform", err)
	}
}

// TestSeveralNodesRefusals: what needs the whole image on one machine is
// refused, and works on several nodes of which one builds everything.
func TestSeveralNodesRefusals(t *testing.T) {
	t.Parallel()
	amd64, arm64 := v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}
	in := inputs.Inputs{
		Nodes:   []inputs.Node{{Address: "tcp://a:1", Platforms: []v1.Platform{amd64}}, {Address: "tcp://b:1", Platforms: []v1.Platform{arm64}}},
		Load:    true,
		CacheTo: []inputs.Cache{{Type: inputs.CacheInline}, {Type: inputs.CacheRegistry, Attrs: map[string]string{"ref": "ghcr.io/octo/app:cache"}}},
	}
	_, err := plan.New(in, pushOf("refs/heads/main"))
	if all := refusals(t, err); len(all) != 2 || !strings.Contains(err.Error(), "loading the image") || !strings.Contains(err.Error(), "exporting the cache as type=registry") {
		t.Errorf("New = %v, want load and the registry cache refused", err)
	}
	in.Platforms = []v1.Platform{arm64}
	if _, err := plan.New(in, pushOf("refs/heads/main")); err != nil {
		t.Errorf("New for one node = %v", err)
	}
}
