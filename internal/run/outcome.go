package run

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/report"
)

// tell reports what came of the run: outputs, summary and the end of the log. The
// error is of what could not be written, or is not as the inputs require it.
func (r *Run) tell(ctx context.Context, made Made, moving Moving, tagged Tagged) error {
	o := r.outcome(made, moving, tagged)
	if o.Pushed {
		addPublished(&o, r.plan.Build, made.By, tagged.Image)
		o.Sizes, o.Against = sizes(ctx, o, tagged.Image, moving.before)
	}
	o.Metadata = metadataOf(o, r.plan.Build, made, tagged.Answers)
	unfit := r.tellVisibility(ctx, &o)
	return errors.Join(keepMetadata(r.in, o), r.report.Success(o), unfit, plan.Checked(r.in.Call, len(made.Checks)))
}

// outcome is what there is to tell of every run.
func (r *Run) outcome(made Made, moving Moving, tagged Tagged) report.Outcome {
	b := r.plan.Build
	o := report.Outcome{
		Pushed:    moving.Publish.Push && moving.Route.Publishes(),
		Reason:    r.plan.Publish.Reason,
		Digest:    tagged.Image.Digest,
		ImageID:   tagged.Image.Config,
		Loaded:    b.LoadAs,
		Tags:      moving.Publish.Tags,
		Unmoved:   moving.Unmoved,
		Version:   r.plan.Publish.Version,
		Platforms: map[string]v1.Hash{},
		Builder:   made.ByName,
		Remarks:   r.plan.Remarks,
		Took:      time.Since(r.started),
	}
	if !b.Call.Builds() {
		o.Asked, o.Answer = b.Call, made.Answer
	}
	for _, key := range slices.SortedFunc(maps.Keys(b.Labels), metadata.CompareKeys) {
		o.Labels = append(o.Labels, report.Entry{Key: key, Value: b.Labels[key]})
	}
	if moving.Publish.Push && !o.Pushed {
		o.Reason = plan.NotPublished(moving.Unmoved)
	}
	return o
}

// addPublished adds what there is only of a published image.
func addPublished(o *report.Outcome, b plan.Build, can plan.Capabilities, published image.Image) {
	if can.Annotations {
		for _, a := range b.Carried() {
			o.Annotations = append(o.Annotations, a.String())
		}
	}
	for _, repo := range b.Published(o.Tags) {
		o.Images = append(o.Images, repo.Digest(published.Digest.String()))
	}
	o.Pull = b.PulledBy(published.Digest, o.Tags)
	for _, child := range published.Platforms {
		o.Platforms[child.Platform.String()] = child.Digest
	}
	if platform, known := b.SinglePlatform(can); known && len(published.Platforms) == 0 && len(b.Platforms) < 2 {
		o.Platforms[platform.String()] = published.Digest
	}
}

// tellVisibility adds to the outcome who can read what was published, says what the
// author should know of it, and returns an error where it is not what is required.
func (r *Run) tellVisibility(ctx context.Context, o *report.Outcome) error {
	if !o.Pushed {
		return nil
	}
	watch, all := r.plan.Watch, r.visibility.end(ctx, o.Digest)
	for _, seen := range all {
		if seen.Image == r.plan.Build.Repositories()[0] {
			o.Visibility, o.PackageURL = string(seen.Visibility()), watch.Page(seen.Image, seen.Package)
		}
	}
	findings := watch.Judge(all)
	for _, notice := range findings.Notices {
		r.report.Notice(notice)
	}
	for _, warning := range findings.Warnings {
		r.report.Warning("", 0, warning)
	}
	return findings.Err
}
