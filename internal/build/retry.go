package build

import (
	"context"
	"fmt"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/trace"
)

// retryPolicy is the request's, which tells the log of every wait.
func (r Request) retryPolicy() registry.RetryPolicy {
	p := r.RetryPolicy
	if p.Tries == 0 {
		p = registry.PushRetryPolicy()
	}
	if p.Notice == nil {
		p.Notice = func(wait registry.Wait) { fmt.Fprintln(r.Log, wait) }
	}
	return p
}

// again is the request for another attempt, after one that got as far as the push:
// what was built is there.
func (r Request) again() Request {
	r.Plan.NoCache, r.Plan.NoCacheFilters, r.Plan.Pull = false, nil, false
	return r
}

// then is the result of another attempt after this one. Its steps were found in
// the cache: those of the first attempt hold.
func (r Result) then(next Result) Result {
	if r.Steps == 0 && len(r.Warnings) == 0 {
		return next
	}
	next.Steps, next.Cached, next.Timeline = r.Steps, r.Cached, settled(r.Timeline, next.Timeline)
	isKnown := func(w trace.Warning) bool { return slices.Contains(r.Warnings, w) }
	next.Warnings = slices.Concat(r.Warnings, slices.DeleteFunc(slices.Clone(next.Warnings), isKnown))
	return next
}

// settled are the steps of an attempt whose push has failed, with what the next one
// has made of that.
func settled(first, next []trace.Step) []trace.Step {
	all := slices.Clone(first)
	for i, one := range all {
		again := slices.IndexFunc(next, func(s trace.Step) bool { return s.Own && s.Name == one.Name && s.Platform == one.Platform })
		if one.Own && again >= 0 {
			all[i].Failed = next[again].Failed
		}
	}
	return all
}

// judge tells whether a solve that failed is worth another attempt. That is what
// registries fail at its end alone: a push, or the export of a cache.
func (w *watcher) judge(ctx context.Context, err error) registry.RetryDecision {
	text := err.Error()
	if !diagnose.IsPush(err) && !w.Trace.Failed(diagnose.ExportingCache) {
		return registry.RetryDecision{}
	}
	host := "the registry"
	repo := diagnose.RefusedBy(text, w.request.Plan.PushTo)
	if repo != nil {
		host = repo.RegistryStr()
	}
	v := registry.TransientPush(host, text, time.Now()) //nolint:forbidigo // a registry may say by the clock until when to wait
	switch {
	case repo == nil:
	case !v.Transient && w.request.Registries.Accepts(ctx, *repo, diagnose.Trim(err)):
		v.Transient, v.Reason = true, "401 Unauthorized, although this login may push"
	case v.Transient && v.After == 0:
		v.After = w.request.Registries.AsksToWait(ctx, *repo, diagnose.Trim(err))
	}
	return v
}

// cacheIsExported tells whether all of these exports of the cache have ended well.
func (w *watcher) cacheIsExported(exports []client.CacheOptionsEntry) bool {
	wanted := slices.DeleteFunc(slices.Clone(exports), solveopt.IsInline)
	ended := 0
	for vertex := range w.Trace.Vertices() {
		if diagnose.ExportEnded(vertex) {
			ended++
		}
	}
	return ended >= len(wanted)
}

// atMostOnce lets only the first call through. The calls are one after the other.
func atMostOnce(pushing func(v1.Hash)) func(v1.Hash) {
	if pushing == nil {
		return nil
	}
	called := false
	return func(digest v1.Hash) {
		if !called {
			called = true
			pushing(digest)
		}
	}
}
