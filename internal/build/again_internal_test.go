package build

import (
	"slices"
	"testing"
)

// Of a push that went through at the second attempt nothing is said to have failed,
// and no warning of it is lost.
func TestThen(t *testing.T) {
	t.Parallel()
	image := func(failed bool) Step {
		return Step{Stage: exporting, Name: "exporting to image", Own: true, Failed: failed}
	}
	run := Step{Name: "RUN make"}
	lost := Step{Stage: exporting, Name: exportingGitHubs, Own: true, Failed: true}
	first := Result{Steps: 1, Timeline: []Step{run, lost, image(true)}, Warnings: []Warning{{Message: "both"}, {Message: "first"}}}
	got := first.then(Result{Steps: 1, Cached: 1, Timeline: []Step{run, image(false)}, Warnings: []Warning{{Message: "both"}, {Message: "second"}}})
	if want := []Step{run, lost, image(false)}; !slices.Equal(got.Timeline, want) || got.Cached != 0 {
		t.Errorf("the timeline is %+v with %d cached, want %+v with none", got.Timeline, got.Cached, want)
	}
	if want := []Warning{{Message: "both"}, {Message: "first"}, {Message: "second"}}; !slices.Equal(got.Warnings, want) {
		t.Errorf("the warnings are %+v, want %+v", got.Warnings, want)
	}
	if again := first.then(Result{Timeline: []Step{image(true)}}); !again.Timeline[2].Failed {
		t.Error("a push that has failed for good is not said to have")
	}
	if !first.Timeline[2].Failed {
		t.Error("the first attempt is another now")
	}
}
