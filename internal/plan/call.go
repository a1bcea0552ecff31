package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// onlyAsked leaves out of the inputs what is of no use where the Dockerfile is only
// asked something: what is done with an image, and what steps run in.
func onlyAsked(in inputs.Inputs) inputs.Inputs {
	if in.Call.Builds() {
		return in
	}
	in.Push, in.Load, in.RequireVisibility = inputs.PushFalse, false, packages.Unknown
	in.CacheFrom, in.CacheTo, in.AutoCache, in.Attestations = nil, nil, false, nil
	in.Outputs, in.Pushed = nil, inputs.Pushed{}
	in.Reproducible, in.BuildRecord = false, ""
	in.Sandbox = inputs.Sandbox{}
	return in
}

// unasked says which inputs a call has no use for, in a remark.
func unasked(in inputs.Inputs) []string {
	if in.Call.Builds() {
		return nil
	}
	var of []string
	for input, set := range map[string]bool{
		"push": in.Push == inputs.PushTrue, "load": in.Load, "outputs": len(in.Outputs) > 0, "build-record": in.BuildRecord != "",
		"reproducible": in.Reproducible, "cache-to": len(in.CacheTo) > 0, "require-visibility": in.RequireVisibility != packages.Unknown,
	} {
		if set {
			of = append(of, input)
		}
	}
	if len(of) == 0 {
		return nil
	}
	slices.Sort(of)
	return []string{fmt.Sprintf("Nothing is built for call: %s, which has no use for %s", in.Call, strings.Join(of, ", "))}
}

// askedReason is why a call publishes nothing, or "" for a build.
func askedReason(call inputs.Call) string {
	if call.Builds() {
		return ""
	}
	return fmt.Sprintf("the input call is %s, for which nothing is built", call)
}

// Checked is an error if the Dockerfile was to be checked and the checks have found
// something, as many as found: docker buildx build --call=check fails by it, too.
func Checked(call inputs.Call, found int) error {
	if call != inputs.CallCheck || found == 0 {
		return nil
	}
	what := "one problem"
	if found > 1 {
		what = fmt.Sprintf("%d problems", found)
	}
	return &advice.Error{
		Doing:  "checking the Dockerfile",
		Reason: "BuildKit's checks have found " + what,
		Advice: "correct what the warnings say, or skip a rule by a line such as # check=skip=RULE at the top of the Dockerfile",
	}
}

// lacksCall says why a Dockerfile frontend does not answer a call, or "".
func (f Frontend) lacksCall(call inputs.Call) string {
	switch {
	case call == inputs.CallCheck && !f.Checks:
		return "its Dockerfile frontend has no checks (BuildKit 0.14 and Docker 27 have)"
	case !call.Builds() && !f.Outlines:
		return fmt.Sprintf("its Dockerfile frontend knows no %s (that of BuildKit 0.11 and Docker 24 does)", call)
	}
	return ""
}
