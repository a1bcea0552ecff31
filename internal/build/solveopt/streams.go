package solveopt

import (
	"slices"
	"strconv"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// Streams tells whether an image leaves the builder as docker save writes it: into a
// file, or into an engine that is not the builder.
func Streams(p plan.Build, loads plan.Load) bool {
	return writesDocker(p) || len(p.LoadAs) > 0 && loads == plan.LoadStream
}

// InlineOnly tells whether provenance is made for those results alone that ask for it.
func InlineOnly(p plan.Build, loads plan.Load) bool {
	always := func(a inputs.Attestation) bool { return a.Type != inputs.Provenance }
	cannotAsk := func(out inputs.Output) bool { return out.Type == inputs.OutputLocal || out.Type == inputs.OutputTar }
	return Streams(p, loads) && !slices.ContainsFunc(p.Attestations, always) && !slices.ContainsFunc(p.Outputs, cannotAsk)
}

// IsFalse tells whether an attribute is set and says no.
func IsFalse(text string) bool {
	value, err := strconv.ParseBool(text)
	return err == nil && !value
}

// writesDocker tells whether the image is written as docker save does, which has
// no place for attestations.
func writesDocker(p plan.Build) bool {
	return slices.ContainsFunc(p.Outputs, func(out inputs.Output) bool { return out.Type == inputs.OutputDocker })
}
