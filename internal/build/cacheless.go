package build

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/registry"
)

// solveDespiteCache builds once more without GitHub's cache where a part of that
// could not be read: BuildKit asks for the layers late, and gives up then.
func solveDespiteCache(ctx context.Context, b *builder.Builder, r *Request) (Result, registry.Verdict, error) {
	result, verdict, err := solveOnce(ctx, b, r)
	rest := slices.DeleteFunc(slices.Clone(r.Plan.CacheFrom), func(c inputs.Cache) bool { return c.Type == inputs.CacheGitHub })
	if err == nil || ctx.Err() != nil || len(rest) == len(r.Plan.CacheFrom) || !brokenLayer(err.Error()) {
		return result, verdict, err
	}
	reason := "a part of GitHub's cache could not be read: " + strings.TrimPrefix((&trimmed{err}).Error(), "building: ")
	fmt.Fprintln(r.Log, "building again without the cache, because "+reason)
	r.Plan.CacheFrom = rest
	r.fetchRecord(ctx, b, &result) // that of the next build takes its place
	result, verdict, err = solveOnce(ctx, b, r)
	result.Warnings = append(result.Warnings, Warning{Message: reason + "\nthe image is built without"})
	return result, verdict, err
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
