package build

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/trace"
)

// solveDespiteCache builds once more without what there was trouble with: GitHub's
// cache, where a part of that could not be read, for which BuildKit asks late, and
// gives up then; and its export, where that has stalled.
func solveDespiteCache(ctx context.Context, b *builder.Builder, a *attempt) (Result, registry.RetryDecision, error) {
	result, decision, err := solveOnce(ctx, b, a)
	if err == nil || ctx.Err() != nil {
		return result, decision, err
	}
	from, to := withoutGitHubs(a.Plan.CacheFrom), withoutGitHubs(a.Plan.CacheTo)
	stalled := errors.Is(err, errStalled)
	var warning trace.Warning
	switch {
	case stalled:
		a.Plan.CacheTo = to
		a.Request = a.again()
		warning.Message = errStalled.Error() + "\nthe run goes on without, and the next one finds less in the cache"
	// A push that broke off is spoken of in the same words, and worth another attempt.
	case !decision.Transient && len(from) < len(a.Plan.CacheFrom) && brokenLayer(err.Error()):
		reason := "a part of GitHub's cache could not be read: " + strings.TrimPrefix(diagnose.Trim(err).Error(), "building: ")
		fmt.Fprintln(a.Log, "building again without the cache, because "+reason)
		a.Plan.CacheFrom = from
		warning.Message = reason + "\nthe image is built without"
	default:
		return result, decision, err
	}
	a.fetchRecord(ctx, b, &result) // that of the next build takes its place
	next, decision, err := solveOnce(ctx, b, a)
	if stalled {
		next = result.then(next) // all was built, and comes out of the cache
	}
	next.Warnings = append(next.Warnings, warning)
	return next, decision, err
}

func withoutGitHubs(all []inputs.Cache) []inputs.Cache {
	return slices.DeleteFunc(slices.Clone(all), func(c inputs.Cache) bool { return c.Type == inputs.CacheGitHub })
}

// brokenLayer tells whether BuildKit has failed to read a layer, which may be one
// of the cache. What a step of the Dockerfile runs is in its error, too, and may
// say anything.
func brokenLayer(text string) bool {
	if strings.Contains(text, "did not complete successfully") {
		return false
	}
	for _, words := range []string{"failed to copy: ", "short read: expected ", "unexpected commit digest", "failed size validation", "cache entry no longer exists", "maximum timeout", ": not found: blob sha256:"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}
