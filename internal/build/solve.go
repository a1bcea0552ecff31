// Package build carries out the build of a plan on a BuildKit, and turns what
// BuildKit says into a result, warnings and errors with a place in the
// Dockerfile.
package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/bklog"
	"github.com/sirupsen/logrus"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/build/session"
	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/progress"
	"github.com/slipway-build/slipway/internal/record"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/trace"
)

// Result is what a build made.
type Result struct {
	trace.Build              // what was done, also by a build that failed
	Digest      v1.Hash      // of the manifest or index that was pushed; zero when BuildKit pushed nothing
	Config      v1.Hash      // of the image's config, its image ID; zero for an index and when nothing was pushed or loaded
	Manifest    []byte       // the manifest or index itself, from PushTags; nil where the builder did not show it
	Answer      string       // what was said of the Dockerfile, where the plan only asks
	Parts       []image.Part // what the nodes have pushed, in their order, in place of Digest and Config
	Answers     []Answer
	Records     []record.Record // that the plan asks for, also of a build that failed
}

// Request is what Solve is asked for.
type Request struct {
	Plan plan.Build
	// Registries has the credentials, and explains what is refused.
	Registries *registry.Client
	Log        io.Writer // takes the progress as it happens
	Style      progress.Style
	// Pushing is told the digest of what BuildKit pushes, as far as its progress
	// tells, when all but the manifest is in the registry. It is called at most
	// once, must not wait, and may be nil.
	Pushing func(digest v1.Hash)
	// Permitted waits until the registries have answered whether this run may
	// push, and returns what they said. No credentials are handed out before.
	// It may be nil.
	Permitted func(ctx context.Context) error
	// RetryPolicy is that with pushes which fail transiently; by default
	// registry.PushRetryPolicy, with its waits in the log.
	RetryPolicy registry.RetryPolicy

	// Hidden is what no record shows: all that the log does not.
	Hidden []string

	// StalledAfter is how long the export to GitHub's cache may get no further, where
	// the run goes on without; by default five minutes.
	StalledAfter time.Duration
}

// attempt is a request, and what the attempts at it have come to. It is changed by
// each for the next.
type attempt struct {
	Request

	cacheKept bool   // the build cache has been exported and need not be again
	ref       string // of the build whose record is to be fetched, or empty
}

// Solve builds, and pushes by digest and loads where the plan says so. A push that
// fails transiently is tried again, with the steps from the builder's cache. The
// error is an *Error where the Dockerfile is to blame. A Result comes with the
// error too, for the warnings.
func Solve(ctx context.Context, b *builder.Builder, r Request) (Result, error) {
	if !r.Plan.Call.Builds() {
		return ask(ctx, b, r)
	}
	if len(b.Nodes) > 0 {
		return solveNodes(ctx, b.Nodes, r)
	}
	r.Pushing = atMostOnce(r.Pushing)
	var result Result
	a := attempt{Request: r}
	err := r.retryPolicy().Again(ctx, func() (registry.RetryDecision, error) {
		done, decision, err := solveDespiteCache(ctx, b, &a)
		a.fetchRecord(ctx, b, &done)
		result = result.then(done)
		a.Request = a.again()
		return decision, err
	})
	if err == nil && b.Stored() != "" {
		err = b.NameStored(ctx, r.Plan.LoadAs)
	}
	return result, err
}

// solveOnce notes in the attempt that the cache is exported, for the next attempt.
func solveOnce(ctx context.Context, b *builder.Builder, a *attempt) (Result, registry.RetryDecision, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	parts := a.parts(b.Load)
	files := make([]*written, len(parts))
	for i, part := range parts {
		files[i] = newWritten(part.Plan)
		defer files[i].end()
	}
	pushed := &pushedConfig{}
	if len(parts) > 1 {
		parts[0].Pushing = pushed.pushing(ctx, b, a.Pushing)
	}
	result, decision, err := solvePart(ctx, b, &parts[0], files[0], fail)
	a.cacheKept, a.ref = parts[0].cacheKept, parts[0].ref
	if len(parts) > 1 && err == nil {
		var streamed Result
		streamed, decision, err = solvePart(ctx, b, &parts[1], files[1], fail)
		result = result.with(streamed)
		if err == nil {
			err = pushed.check(streamed.Config)
		}
	}
	if err != nil {
		return result, decision, err
	}
	return result, registry.RetryDecision{}, keepAll(files)
}

// solvePart makes one solve of a request, or of a part of it.
func solvePart(ctx context.Context, b *builder.Builder, a *attempt, written *written, fail context.CancelCauseFunc) (Result, registry.RetryDecision, error) {
	var loading *builder.Loading
	if len(a.Plan.LoadAs) > 0 {
		loading = b.Loading(ctx)
	}
	files := &session.Sending{Fail: fail}
	opt, err := solveOpt(*a, b, loading, files)
	if err != nil {
		return Result{}, registry.RetryDecision{}, errors.Join(err, loading.End(false))
	}
	opt = a.recorded(opt)
	written.inline = solveopt.InlineOnly(a.Plan, b.Load)
	opt.Exports = slices.Concat(written.exports(), opt.Exports)
	w := watch(a.Request, b, newStall(a.Request, fail), newPushLimit(ctx, a.Request, b, fail))
	response, err := solve(quiet(ctx), b, a.Plan, opt, w.statuses)
	result := w.result()
	result.Warnings = slices.Concat(result.Warnings, w.WarnOfCaches(ctx), files.Warnings())
	a.cacheKept = a.cacheKept || w.cacheIsExported(opt.CacheExports)
	loadErr := loading.End(err == nil)
	if err != nil || loadErr != nil || ctx.Err() != nil {
		decision, err := w.failure(ctx, b, written, err, loadErr)
		return result, decision, err
	}
	result.Warnings = append(result.Warnings, w.WarnOfExports()...)
	result.Answers = []Answer{{Values: response.ExporterResponse}}
	return result, registry.RetryDecision{}, result.read(response, opt.Exports[len(a.Plan.Outputs):], a.Plan, b)
}

// failure says why a solve has failed, or a load, and whether another attempt may do
// better.
func (w *watcher) failure(ctx context.Context, b *builder.Builder, files *written, err, loadErr error) (registry.RetryDecision, error) {
	if decision, err := w.silent(ctx, b); err != nil {
		return decision, err
	}
	switch {
	case ctx.Err() != nil:
		return registry.RetryDecision{}, w.Explain(ctx, err)
	case loadErr != nil && err != nil && strings.Contains(err.Error(), loadErr.Error()):
		return registry.RetryDecision{}, loadErr // BuildKit tells of it, too
	case loadErr != nil && err != nil:
		return registry.RetryDecision{}, errors.Join(w.Explain(ctx, err), loadErr)
	case loadErr != nil:
		return registry.RetryDecision{}, loadErr
	case !diagnose.IsPush(err) && w.CacheFailed():
		return w.judge(ctx, err), fmt.Errorf("exporting the build cache: %w; with ignore-error=true in its line of cache-to the run goes on without", diagnose.Trim(err))
	}
	if full := files.full(err); full != nil {
		return registry.RetryDecision{}, full
	}
	return w.judge(ctx, err), w.Explain(ctx, err)
}

// read takes the digests of what was exported out of BuildKit's answer.
func (r *Result) read(response *client.SolveResponse, exported []client.ExportEntry, p plan.Build, b *builder.Builder) error {
	if len(exported) == 0 {
		return nil
	}
	digest, err := v1.NewHash(response.ExporterResponse["containerimage.digest"])
	switch {
	case err != nil:
		return fmt.Errorf("reading the digest of the image from BuildKit's answer: %w", err)
	case b.PushByTag:
		// Such an engine answers with the digest of the config, its image ID.
		r.Config = digest
		return nil
	case len(p.PushTo) > 0:
		r.Digest = digest
	}
	// An index has no config of its own. Beside one that is pushed, the answer
	// holds that of the loaded image.
	if config, err := v1.NewHash(response.ExporterResponse["containerimage.config.digest"]); err == nil {
		r.Config = config
	}
	return nil
}

// quiet keeps the client library's own warnings off standard error, where the
// runner would read them as part of our output. The logger that all share is main's.
func quiet(ctx context.Context) context.Context {
	silent := logrus.New()
	silent.SetOutput(io.Discard)
	return bklog.WithLogger(ctx, logrus.NewEntry(silent))
}
