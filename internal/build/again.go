package build

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/trace"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"

	"github.com/slipway-build/slipway/internal/registry"
)

const (
	// failedToPush begins what BuildKit's exporter says of a name that it could not
	// push, which follows.
	failedToPush = "failed to push "
	// exportingCache begins the name of that work of BuildKit's.
	exportingCache = "exporting cache "
	// inlineCache is a cache that is part of the image.
	inlineCache = "inline"
)

// patience is the request's, which tells the log of every wait.
func (r Request) patience() registry.Patience {
	p := r.Patience
	if p.Tries == 0 {
		p = registry.PushPatience()
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
func (w *watcher) judge(ctx context.Context, err error) registry.Verdict {
	text := err.Error()
	if !isPush(err) && !w.recorder.Failed(exportingCache) {
		return registry.Verdict{}
	}
	host := "the registry"
	repo := refusedBy(text, w.request.Plan.PushTo)
	if repo != nil {
		host = repo.RegistryStr()
	}
	v := registry.PassingPush(host, text, time.Now()) //nolint:forbidigo // a registry may say by the clock until when to wait
	switch {
	case repo == nil:
	case !v.Passing && w.request.Registries.Accepts(ctx, *repo, &trimmed{err}):
		v.Passing, v.Reason = true, "401 Unauthorized, although this login may push"
	case v.Passing && v.After == 0:
		v.After = w.request.Registries.AsksToWait(ctx, *repo, &trimmed{err})
	}
	return v
}

// isPush tells whether it is the push that has failed. What a step of the Dockerfile
// prints or runs is in its error, too, and may say anything.
func isPush(err error) bool {
	return len(errdefs.Sources(err)) == 0 && strings.HasPrefix((&trimmed{err}).Error(), failedToPush)
}

// cacheIsExported tells whether all of these exports of the cache have ended well.
func (w *watcher) cacheIsExported(exports []client.CacheOptionsEntry) bool {
	wanted := slices.DeleteFunc(slices.Clone(exports), isInline)
	ended := 0
	for vertex := range w.recorder.Vertices() {
		if exportEnded(vertex) {
			ended++
		}
	}
	return ended >= len(wanted)
}

// onlyInline leaves of the exports of the cache the one that the image would not
// be the same without.
func onlyInline(exports []client.CacheOptionsEntry) []client.CacheOptionsEntry {
	return slices.DeleteFunc(slices.Clone(exports), func(one client.CacheOptionsEntry) bool { return !isInline(one) })
}

func isInline(export client.CacheOptionsEntry) bool { return export.Type == inlineCache }

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
