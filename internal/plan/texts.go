package plan

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/slipway-build/slipway/internal/inputs"
)

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
			errs = append(errs, &Error{Doing: fmt.Sprintf("naming the cache %s in %s", written, input), Reason: fmt.Sprintf("%q is not an image: %v", ref, err), Advice: "correct the line", cause: err})
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
