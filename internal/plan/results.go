package plan

import (
	"errors"
	"maps"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// results is what comes of a build beside the pushed image.
type results struct {
	attestations []inputs.Attestation
	cacheTo      []inputs.Cache
	loadAs       []name.Tag
	outputs      []inputs.Output
	remarks      []string
}

// decideResults decides which of the results that are asked for there will be,
// and remarks on those that there will not be.
func decideResults(in inputs.Inputs, f Facts, push bool, tags []name.Tag) (results, error) {
	var r results
	loadAs, err := loadNames(in, tags)
	r.loadAs = loadAs
	r.outputs = nameOutputs(in.Outputs, tags)
	if push || slices.ContainsFunc(r.outputs, keepsAttestations) {
		r.attestations = attestations(in, f)
	} else if len(in.Attestations) > 0 {
		r.remarks = append(r.remarks, "No attestations are made: they are part of a published image")
	}
	to, remarks := cacheTo(in, f)
	r.cacheTo = to
	r.remarks = append(r.remarks, remarks...)
	return r, errors.Join(err, checkCacheTags(in.CacheTo, tags))
}

// loadNames are the names that the image gets in an engine's store: every tag, unless
// outputs gives it others.
func loadNames(in inputs.Inputs, tags []name.Tag) ([]name.Tag, error) {
	if !in.Load {
		return nil, nil
	}
	var all []name.Tag
	if in.LoadTags || len(in.LoadAs) == 0 {
		all = append(all, tags...)
	}
	var errs []error
	for _, written := range in.LoadAs {
		tag, err := name.NewTag(written)
		if err != nil {
			errs = append(errs, &advice.Error{Doing: "loading the image as " + written, Reason: err.Error(), Advice: "correct name in outputs", Cause: err})
		} else if !slices.Contains(all, tag) {
			all = append(all, tag)
		}
	}
	return all, errors.Join(errs...)
}

// attestations completes the options. Of provenance BuildKit says as much as it
// can by default, build arguments and the Dockerfile among it; here that is to
// be asked for. The builder that it names is the run, as for
// docker/build-push-action.
func attestations(in inputs.Inputs, f Facts) []inputs.Attestation {
	var all []inputs.Attestation
	for _, a := range in.Attestations {
		attrs := map[string]string{}
		if a.Type == inputs.Provenance {
			attrs["mode"] = "min"
			if f.Run != "" {
				attrs["builder-id"] = f.Run
			}
		}
		maps.Copy(attrs, a.Attrs)
		all = append(all, inputs.Attestation{Type: a.Type, Attrs: attrs})
	}
	return all
}

// checkCacheTags refuses a cache that would take an image's tag away from it: one
// of this run, or the one that people pull by default.
func checkCacheTags(to []inputs.Cache, tags []name.Tag) error {
	var errs []error
	for _, cache := range to {
		if cache.Type != inputs.CacheRegistry {
			continue
		}
		same := func(tag name.Tag) bool {
			return host.Shown(tag.Name()) == cache.Attrs["ref"] || host.Shown(tag.Tag(metadata.Latest).Name()) == cache.Attrs["ref"]
		}
		if slices.ContainsFunc(tags, same) {
			errs = append(errs, &advice.Error{
				Doing:  "exporting the cache to " + cache.Attrs["ref"],
				Reason: "that is a tag of the image, which the cache would replace",
				Advice: "use a tag of its own in cache-to, such as :cache, or type=inline to keep the cache inside the image",
			})
		}
	}
	return errors.Join(errs...)
}
