package build

import (
	"slices"
	"testing"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/trace"
)

// Of a push that went through at the second attempt nothing is said to have failed,
// and no warning of it is lost.
func TestThen(t *testing.T) {
	t.Parallel()
	image := func(failed bool) trace.Step {
		return trace.Step{Stage: "export", Name: "exporting to image", Own: true, Failed: failed}
	}
	run := trace.Step{Name: "RUN make"}
	lost := trace.Step{Stage: "export", Name: diagnose.ExportingGitHubs, Own: true, Failed: true}
	first := Result{Build: trace.Build{Steps: 1, Timeline: []trace.Step{run, lost, image(true)}, Warnings: []trace.Warning{{Message: "both"}, {Message: "first"}}}}
	got := first.then(Result{Build: trace.Build{Steps: 1, Cached: 1, Timeline: []trace.Step{run, image(false)}, Warnings: []trace.Warning{{Message: "both"}, {Message: "second"}}}})
	if want := []trace.Step{run, lost, image(false)}; !slices.Equal(got.Timeline, want) || got.Cached != 0 {
		t.Errorf("the timeline is %+v with %d cached, want %+v with none", got.Timeline, got.Cached, want)
	}
	if want := []trace.Warning{{Message: "both"}, {Message: "first"}, {Message: "second"}}; !slices.Equal(got.Warnings, want) {
		t.Errorf("the warnings are %+v, want %+v", got.Warnings, want)
	}
	if again := first.then(Result{Build: trace.Build{Timeline: []trace.Step{image(true)}}}); !again.Timeline[2].Failed {
		t.Error("a push that has failed for good is not said to have")
	}
	if !first.Timeline[2].Failed {
		t.Error("the first attempt is another now")
	}
}
