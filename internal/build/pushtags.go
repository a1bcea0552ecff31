package build

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/build/session"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/registry"
)

// PushTags has the builder push under these tags what Solve has built for the
// same request: for registries that only the builder reaches, and those that take
// an image by a tag alone. BuildKit finds all steps in its cache and pushes the
// tags one after the other, in their order; it stops at the first that fails. The digest in the Result is the one of all the
// tags. It differs from that of Solve where the image is not the same each time,
// as with attestations, which tell when they were made. The tags that were pushed
// are returned with an error too, as far as BuildKit's words tell.
func PushTags(ctx context.Context, b *builder.Builder, r Request, tags []name.Tag) (Result, []name.Tag, error) {
	r = r.again() // Solve has built it
	r.Permitted = nil
	var result Result
	var moved []name.Tag
	err := r.retryPolicy().Again(ctx, func() (registry.RetryDecision, error) {
		done, pushed, decision, err := pushTagsOnce(ctx, b, r, tags)
		result = result.then(done)
		if len(pushed) > len(moved) {
			moved = pushed
		}
		return decision, err
	})
	return result, moved, err
}

func pushTagsOnce(ctx context.Context, b *builder.Builder, r Request, tags []name.Tag) (Result, []name.Tag, registry.RetryDecision, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r.Plan.PushTo = r.Plan.Repositories()
	manifest := &manifestReader{builder: b}
	r.Pushing = manifest.pushing(ctx)
	opt, err := solveOpt(attempt{Request: r, cacheKept: true}, b, nil, &session.Sending{Fail: fail})
	if err != nil {
		return Result{}, nil, registry.RetryDecision{}, err
	}
	opt.Exports = byTag(opt.Exports, tags)
	w := watch(r, b, newPushLimit(ctx, r, b, fail))
	response, err := solve(quiet(ctx), b, r.Plan, opt, w.statuses)
	result := w.result()
	if err != nil && ctx.Err() == nil && diagnose.IsPush(err) {
		return result, pushedBefore(err, tags), w.judge(ctx, err), w.PushFailed(ctx, fmt.Sprintf("pushing tags with %s", b.Name), err)
	}
	if decision, err := w.silent(ctx, b); err != nil {
		return result, nil, decision, err
	}
	if err != nil || ctx.Err() != nil {
		return result, nil, registry.RetryDecision{}, w.Explain(ctx, err)
	}
	result.Answers = []Answer{{Values: response.ExporterResponse}}
	err = result.read(response, opt.Exports, r.Plan, b)
	result.Manifest = manifest.result(result.Digest)
	return result, tags, registry.RetryDecision{}, err
}

// byTag turns the export by digest into one by tag. What else was exported has
// been.
func byTag(exports []client.ExportEntry, tags []name.Tag) []client.ExportEntry {
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = tag.Name()
	}
	for _, export := range exports {
		if export.Type != client.ExporterImage {
			continue
		}
		export.Attrs = maps.Clone(export.Attrs)
		export.Attrs["name"] = strings.Join(names, ",")
		delete(export.Attrs, "push-by-digest")
		delete(export.Attrs, "name-canonical")
		return []client.ExportEntry{export}
	}
	return nil
}

// pushedBefore returns the tags that came before the one that BuildKit names.
func pushedBefore(err error, tags []name.Tag) []name.Tag {
	failed := slices.IndexFunc(tags, func(tag name.Tag) bool {
		return strings.Contains(err.Error(), diagnose.FailedToPush+tag.Name()+":")
	})
	return tags[:max(failed, 0)]
}
