package plan

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

// decisions are what the parts of a plan come to by themselves.
type decisions struct {
	push            bool
	reason          string
	to              targets
	logins          logins
	results         results
	platforms       []v1.Platform
	nodes           []Share
	contexts        contexts
	watch           visible.Watch
	fileTime        time.Time
	byDigest, byTag []name.Repository
	leftOut         []string // warnings about caches that this run does without
}

// decide returns the inputs with values in place of expressions, too.
func decide(in inputs.Inputs, f Facts) (d decisions, filled inputs.Inputs, err error) {
	errs := []error{decideTrust(in, f)}
	add := func(err error) { errs = append(errs, err) }
	d.push, d.reason, err = decidePush(in, f)
	d.reason = cmp.Or(askedReason(in.Call), d.reason)
	add(err)
	d.to, err = decideTargets(in, f, d.push)
	add(err)
	in, d.leftOut, err = fill(in, f, d.to.names.Version)
	add(err)
	add(errors.Join(checkArguments(in, f), checkProxies(in, f)))
	d.logins, err = decideLogins(in, f, d.push, d.to.repositories)
	add(err)
	d.results, err = decideResults(in, f, d.push, d.to.tags)
	add(err)
	d.platforms, d.nodes, err = decideNodes(in, d.to.repositories)
	add(err)
	d.contexts, err = decideContexts(in, f)
	add(err)
	d.watch, err = visible.New(in.RequireVisibility, visible.Repository{Server: packages.ServerAt(f.ServerURL), Name: f.Repository, Visibility: f.Project.Visibility}, d.push, d.to.repositories)
	add(err)
	d.fileTime, err = decideFileTime(in, f)
	add(err)
	if d.push {
		d.byDigest, d.byTag = splitRepositories(d.to.repositories, f)
	}
	add(refuseByTag(in, f, d.byTag, d.platforms))
	add(refuseCacheByTag(in.CacheTo, f))
	add(refuseOutputs(in, f, d.to.repositories, d.byTag, d.platforms))
	add(refuseSecrets(in, f, d))
	return d, in, errors.Join(errs...)
}

func (d decisions) build(in inputs.Inputs, f Facts, auto auto) Build {
	return Build{
		Workspace:  in.Workspace,
		Context:    in.Context,
		Remote:     d.contexts.main,
		RemoteCopy: d.contexts.copy,
		Contexts:   d.contexts.named,
		Dockerfile: in.Dockerfile,
		Target:     in.Target,
		Call:       in.Call,
		Platforms:  d.platforms,
		Args:       in.BuildArgs,
		Proxies:    proxies(in, f),
		Secrets:    d.contexts.secrets,
		SSH:        in.SSH,
		NoCache:    in.NoCache,
		Pull:       in.Pull,
		Sandbox:    in.Sandbox,
		Epoch:      f.built().Time,
		Key:        contextKey(d.to.repositories[0], in, f),

		NoCacheFilters: in.NoCacheFilters,

		FileTime: d.fileTime,
		Record:   in.BuildRecord != "",

		PushTo:       d.byDigest,
		ByTag:        d.byTag,
		LoadAs:       d.results.loadAs,
		Attestations: d.results.attestations,
		CacheFrom:    slices.Concat(in.CacheFrom, auto.from),
		CacheTo:      slices.Concat(d.results.cacheTo, auto.to),
		Outputs:      d.results.outputs,
		ImageOptions: in.Pushed.Options,
	}
}

// fill puts what expressions stand for in this run into build arguments and into the
// references of caches. A cache whose reference has an empty one is left out.
func fill(in inputs.Inputs, f Facts, version string) (filled inputs.Inputs, leftOut []string, err error) {
	if len(in.ArgTexts) > 0 {
		in.BuildArgs = maps.Clone(in.BuildArgs)
		for argument, text := range in.ArgTexts {
			in.BuildArgs[argument] = text.Expand(f.forNames(), version)
		}
	}
	var errs []error
	for _, list := range []struct {
		input  string
		caches *[]inputs.Cache
	}{{"cache-from", &in.CacheFrom}, {"cache-to", &in.CacheTo}} {
		var left []string
		*list.caches, left, err = fillCaches(list.input, *list.caches, f, version)
		leftOut, errs = append(leftOut, left...), append(errs, err)
	}
	return in, leftOut, errors.Join(errs...)
}

// fillCaches leaves out, besides those without a reference, the same place twice: two
// texts may mean one in this run.
func fillCaches(input string, all []inputs.Cache, f Facts, version string) (filled []inputs.Cache, leftOut []string, err error) {
	var errs []error
	for _, cache := range all {
		if cache.Text == nil {
			filled = append(filled, cache)
			continue
		}
		written := cache.Attrs["ref"]
		ref, whole := cache.Text.Reference(f.forNames(), version)
		if !whole {
			leftOut = append(leftOut, fmt.Sprintf("the cache %s in %s is left out: an expression in it is empty in this run", written, input))
			continue
		}
		cache, err := cache.Filled(ref)
		if err != nil {
			errs = append(errs, &advice.Error{Doing: fmt.Sprintf("naming the cache %s in %s", written, input), Reason: fmt.Sprintf("%q is not an image: %v", ref, err), Advice: "correct the line", Cause: err})
			continue
		}
		filled = append(filled, cache)
	}
	var places []inputs.Cache
	for _, cache := range filled {
		same := func(other inputs.Cache) bool {
			return cache.Type == inputs.CacheRegistry && other.Type == cache.Type && other.Attrs["ref"] == cache.Attrs["ref"]
		}
		if !slices.ContainsFunc(places, same) {
			places = append(places, cache)
		}
	}
	return places, leftOut, errors.Join(errs...)
}
