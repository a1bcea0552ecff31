package build

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

func twoNodes() []builder.Node {
	return []builder.Node{
		{Share: plan.Share{Platforms: []v1.Platform{{OS: "linux", Architecture: "amd64"}}}},
		{Share: plan.Share{Platforms: []v1.Platform{{OS: "linux", Architecture: "arm", Variant: "v7"}, {OS: "linux", Architecture: "386"}}}},
	}
}

// TestSharedLog writes pieces of lines from two nodes at the same time.
func TestSharedLog(t *testing.T) {
	t.Parallel()
	const lines = 200
	var log bytes.Buffer
	var group sync.WaitGroup
	for i, one := range shareLog(&log, twoNodes()) {
		group.Go(func() {
			for line := range lines {
				for _, piece := range []string{fmt.Sprintf("#%d ", i), "a piece ", fmt.Sprintf("of line %d\n\nnext", line), "\n"} {
					if n, err := one.Write([]byte(piece)); n != len(piece) || err != nil {
						t.Errorf("Write = %d, %v", n, err)
					}
				}
			}
			fmt.Fprint(one, "no end")
			one.end()
			one.end()
		})
	}
	group.Wait()
	prefixes := []string{"linux/amd64            |", "linux/arm/v7,linux/386 |"}
	next := [2]int{}
	for line := range strings.Lines(log.String()) {
		which := 0
		if strings.HasPrefix(line, prefixes[1]) {
			which = 1
		}
		want := []string{fmt.Sprintf(" #%d a piece of line %d\n", which, next[which]/3), "\n", " next\n"}[next[which]%3]
		if next[which] == 3*lines {
			want = " no end\n"
		}
		if line != prefixes[which]+want {
			t.Fatalf("line %q, want %q", line, prefixes[which]+want)
		}
		next[which]++
	}
	if want := [2]int{3*lines + 1, 3*lines + 1}; next != want {
		t.Errorf("lines of each node: %v, want %v", next, want)
	}
}

func TestSum(t *testing.T) {
	t.Parallel()
	nodes := twoNodes()
	digests := []v1.Hash{{Algorithm: "sha256", Hex: "a"}, {Algorithm: "sha256", Hex: "b"}}
	both, mine := trace.Warning{Message: "both", Check: true, File: "/src/Dockerfile", Line: 1}, trace.Warning{Message: "mine", Check: true, File: "/src/Dockerfile", Line: 1}
	got := sum(nodes, []Result{
		{Digest: digests[0], Config: digests[1], Build: trace.Build{Steps: 3, Cached: 2, Warnings: []trace.Warning{both}}},
		{Digest: digests[1], Config: digests[0], Build: trace.Build{Steps: 4, Cached: 1, Warnings: []trace.Warning{mine, both}}},
	})
	want := Result{Build: trace.Build{Steps: 7, Cached: 3, Warnings: []trace.Warning{both, mine}}, Parts: []image.Part{
		{Platforms: nodes[0].Share.Platforms, Digest: digests[0]}, {Platforms: nodes[1].Share.Platforms, Digest: digests[1]},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sum, -want +got:\n%s", diff)
	}
	if got := sum(nodes, make([]Result, 2)); len(got.Parts) != 0 {
		t.Errorf("sum of builds that pushed nothing has parts: %v", got.Parts)
	}
}

func TestStepsOfANode(t *testing.T) {
	t.Parallel()
	steps := sum(twoNodes(), []Result{
		{Build: trace.Build{Timeline: []trace.Step{{Name: "RUN a"}}}}, {Build: trace.Build{Timeline: []trace.Step{{Name: "RUN a"}, {Name: "RUN b", Platform: "linux/386"}}}},
	}).Timeline
	want := []trace.Step{{Name: "RUN a", Platform: "linux/amd64"}, {Name: "RUN a", Platform: "linux/arm/v7,linux/386"}, {Name: "RUN b", Platform: "linux/386"}}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
