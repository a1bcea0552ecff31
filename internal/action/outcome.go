package action

import (
	"maps"
	"slices"
	"time"

	"github.com/slipway-build/slipway/internal/image"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/report"
)

// outcome puts together what the stages have told.
func outcome(started time.Time, p plan.Plan, b *builder.Builder, built build.Result, image image.Image, moving plan.Publish, stays []plan.Stay) report.Outcome {
	o := report.Outcome{
		Pushed:    p.Publish.Push,
		Reason:    p.Publish.Reason,
		Digest:    image.Digest,
		ImageID:   built.Config,
		Loaded:    p.Build.LoadAs,
		Tags:      moving.Tags,
		Version:   p.Publish.Version,
		Platforms: map[string]v1.Hash{},
		Builder:   b.String(),
		Remarks:   p.Remarks,
		Took:      time.Since(started),
	}
	if !p.Build.Call.Builds() {
		o.Asked, o.Answer = p.Build.Call, built.Answer
	}
	for _, key := range slices.SortedFunc(maps.Keys(p.Build.Labels), metadata.CompareKeys) {
		o.Labels = append(o.Labels, report.Entry{Key: key, Value: p.Build.Labels[key]})
	}
	o.Stays = stays
	if o.Pushed && image.Digest == (v1.Hash{}) { // an engine pushes by a tag, and none moved
		o.Pushed, o.Reason = false, "no tag moves: "+stays[0].Reason
	}
	if o.Pushed {
		addPublished(&o, p, b, image)
	}
	o.Metadata = metadataOf(o, p.Build, b, built.Answers)
	return o
}

// done is what a build did, also one that failed.
func done(built build.Result) report.Built {
	d := report.Built{Steps: built.Steps, Cached: built.Cached}
	for _, one := range built.Timeline {
		d.Timeline = append(d.Timeline, report.Step(one))
	}
	for _, one := range built.Warnings {
		d.Warnings = append(d.Warnings, report.Warning{Message: one.Message, File: one.File, Line: one.Line})
	}
	return d
}

// addPublished adds what there is only of a published image.
func addPublished(o *report.Outcome, p plan.Plan, b *builder.Builder, image image.Image) {
	if b.Annotations {
		for _, a := range p.Build.Carried() {
			o.Annotations = append(o.Annotations, a.String())
		}
	}
	byTag, _ := p.Build.TakenByTag(o.Tags)
	for _, repo := range p.Build.Repositories() {
		holds := func(tag name.Tag) bool { return tag.Repository == repo }
		if slices.Contains(p.Build.PushTo, repo) || slices.ContainsFunc(byTag, holds) {
			o.Images = append(o.Images, repo.Digest(image.Digest.String()))
		}
	}
	if len(p.Build.PushTo) == 0 {
		o.Pull = o.Tags[0]
	} else {
		o.Pull = o.Images[0]
	}
	for _, child := range image.Platforms {
		o.Platforms[child.Platform.String()] = child.Digest
	}
	if o.ImageID == (v1.Hash{}) {
		o.ImageID = image.Config
	}
	if len(image.Platforms) == 0 && len(p.Build.Platforms) < 2 {
		o.Platforms[singlePlatform(p, b).String()] = image.Digest
	}
}

// singlePlatform is what a manifest that is no index was built for.
func singlePlatform(p plan.Plan, b *builder.Builder) v1.Platform {
	if len(p.Build.Platforms) > 0 {
		return p.Build.Platforms[0]
	}
	return b.Platforms[0]
}
