package plan

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
)

// Needs is what a plan asks of the BuildKit that carries it out.
type Needs struct {
	Push         bool // to a registry
	Repositories int  // that the image goes to
	Platforms    []v1.Platform
	Attestations []inputs.AttestationType // kept in the pushed image
	CacheFrom    []inputs.CacheType
	CacheTo      []inputs.CacheType
	Annotations  bool // that the user wants; the standard ones are not worth another builder
	Load         bool // into the store of a Docker engine
	FileTimes    bool // that are not of the build, in what is exported
	Record       bool // of the build, to fetch
	Builds            // what it asks of the build itself
	Exports           // what it asks of the other results
}

// Needs returns what this plan asks of a builder.
func (p Plan) Needs() Needs {
	n := Needs{
		Push:         p.Publish.Push,
		Repositories: len(p.Build.Repositories()),
		Platforms:    p.Build.Platforms,
		CacheFrom:    cacheTypes(p.Build.CacheFrom),
		CacheTo:      cacheTypes(p.Build.CacheTo),
		Annotations:  p.annotated,
		Load:         len(p.Build.LoadAs) > 0,
		FileTimes:    !p.Build.FileTime.IsZero(),
		Record:       p.Build.Record,
	}
	n.Builds = p.Build.needs()
	n.Exports = p.exports()
	for _, a := range p.Build.Attestations {
		n.Attestations = append(n.Attestations, a.Type)
	}
	return n
}

// cacheTypes lists the types of caches, each once.
func cacheTypes(caches []inputs.Cache) []inputs.CacheType {
	var types []inputs.CacheType
	for _, cache := range caches {
		if !slices.Contains(types, cache.Type) {
			types = append(types, cache.Type)
		}
	}
	return types
}

// Lacks says what is missing for a plan, or "". A builder that lacks something
// is not used: some leave out what they cannot do without a word.
func (c Capabilities) Lacks(n Needs) string {
	missing := append(c.lacksPush(n), c.lacksAttestations(n)...)
	if n.Push && n.Annotations && !c.Annotations {
		missing = append(missing, "it keeps no annotations")
	}
	missing = append(missing, c.lacksCache(n)...)
	missing = append(missing, c.lacksLoad(n)...)
	missing = append(missing, c.lacksFileTimes(n)...)
	if n.Record && !c.Records {
		missing = append(missing, "it keeps no record of a build (build-record)")
	}
	missing = append(missing, c.lacksOutputs(n)...)
	missing = append(missing, c.lacksBuilds(n.Builds)...)
	return strings.Join(missing, "; ")
}

func (c Capabilities) lacksPush(n Needs) []string {
	if !n.Push || c.PushByDigest {
		return nil
	}
	if !c.PushByTag {
		return []string{"it cannot push"}
	}
	var missing []string
	if len(n.Platforms) > 1 {
		missing = append(missing, "several platforms in one image ("+joinPlatforms(n.Platforms)+")")
	}
	if n.Repositories > 1 {
		missing = append(missing, fmt.Sprintf("one image in %d repositories", n.Repositories))
	}
	if len(missing) == 0 {
		return nil
	}
	return []string{"it cannot make " + strings.Join(missing, " and ")}
}

func (c Capabilities) lacksAttestations(n Needs) []string {
	if !n.Push && len(n.Outputs) == 0 || c.Attestations || len(n.Attestations) == 0 {
		return nil
	}
	return []string{"it silently drops attestations (" + join(n.Attestations) + ")"}
}

func (c Capabilities) lacksCache(n Needs) []string {
	var missing []string
	if lost := without(n.CacheTo, c.CacheTo); len(lost) > 0 {
		missing = append(missing, "it exports no cache of type "+join(lost)+only(c.CacheTo))
	}
	if lost := without(n.CacheFrom, c.CacheFrom); len(lost) > 0 {
		missing = append(missing, "it imports no cache of type "+join(lost)+only(c.CacheFrom))
	}
	return missing
}

func (c Capabilities) lacksLoad(n Needs) []string {
	if !n.Load {
		return nil
	}
	if c.Load == LoadNone {
		return []string{"it has no Docker engine to load the image into"}
	}
	var missing []string
	if len(n.Platforms) > 1 && c.Load != LoadAny {
		missing = append(missing, "it loads no image of several platforms ("+joinPlatforms(n.Platforms)+") into a Docker engine")
	}
	if n.Push && c.PushByDigest && !c.SeveralResults {
		missing = append(missing, "it silently drops the second of two results (a push and a load)")
	}
	return missing
}

// without returns what is in all and not in some.
func without(all, some []inputs.CacheType) []inputs.CacheType {
	var rest []inputs.CacheType
	for _, one := range all {
		if !slices.Contains(some, one) {
			rest = append(rest, one)
		}
	}
	return rest
}

func only(types []inputs.CacheType) string {
	if len(types) == 0 {
		return ""
	}
	return ", only " + join(types)
}

func join[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return strings.Join(texts, ", ")
}

// ListPlatforms writes platforms as the input platforms and BuildKit do, in their
// order: linux/amd64,linux/arm64.
func ListPlatforms(platforms []v1.Platform) string {
	texts := make([]string, len(platforms))
	for i, p := range platforms {
		texts[i] = p.String()
	}
	return strings.Join(texts, ",")
}

func joinPlatforms(platforms []v1.Platform) string {
	texts := make([]string, 0, len(platforms))
	for _, p := range platforms {
		texts = append(texts, p.String())
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
