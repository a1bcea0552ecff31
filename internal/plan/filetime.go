package plan

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// epochArg is the build argument with the time of a source
// (https://reproducible-builds.org/docs/source-date-epoch/).
const epochArg = "SOURCE_DATE_EPOCH"

// latest is a time in 2242, in seconds: nanoseconds end soon after.
const latest = 1 << 33

// decideFileTime returns the time that the input reproducible gives to files: that
// of the commit, unless a build argument says another. It is zero where the input
// is not set.
func decideFileTime(in inputs.Inputs, f Facts) (time.Time, error) {
	if !in.Reproducible {
		return time.Time{}, nil
	}
	refuse := func(reason, how string) (time.Time, error) {
		return time.Time{}, &advice.Error{Doing: "making the image reproducible", Reason: reason, Advice: how}
	}
	if len(in.Attestations) > 0 {
		return refuse(
			fmt.Sprintf("an attestation (%s) tells when it was made, and is part of the image's digest", in.Attestations[0].Type),
			"leave out either reproducible or provenance, sbom and attests; actions/attest signs what stays beside the image",
		)
	}
	if written, set := in.BuildArgs[epochArg]; set {
		seconds, err := strconv.ParseInt(written, 10, 64)
		if err != nil || seconds < 0 || seconds > latest {
			return refuse(fmt.Sprintf("the build argument %s is %q", epochArg, written), "write it as seconds since 1970")
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	if f.built().Time.IsZero() {
		return refuse("the time of the commit is not known", "check the commit out with actions/checkout, or set build-args: "+epochArg+"=SECONDS")
	}
	return f.built().Time, nil
}

func (c Capabilities) lacksFileTimes(n Needs) []string {
	exported := n.Push || n.Load || slices.Contains(n.Outputs, inputs.OutputOCI) || slices.Contains(n.Outputs, inputs.OutputDocker)
	switch {
	case !n.FileTimes || !exported:
		return nil
	case !c.FileTimes:
		return []string{"it leaves the files of an image the times of the build (reproducible)"}
	case n.Load && c.Load == LoadAny && !c.LoadedFileTimes:
		return []string{"it cannot load an image whose files have other times than those of the build (reproducible)"}
	}
	return nil
}
