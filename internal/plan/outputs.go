package plan

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// Exports is what a plan asks of a BuildKit for results beside the pushed and the
// loaded image, and for what that is made like.
type Exports struct {
	Outputs      []inputs.OutputType // one for each
	Empties      bool                // directories first
	ImageOptions []string            // names
	ByDigest     bool                // no tag moves
}

func (p Plan) exports() Exports {
	x := Exports{ByDigest: p.Publish.ByDigest, ImageOptions: slices.Sorted(maps.Keys(p.Build.ImageOptions))}
	for _, out := range p.Build.Outputs {
		x.Outputs = append(x.Outputs, out.Type)
		x.Empties = x.Empties || out.Empties()
	}
	return x
}

// lacksOutputs finds what would be left out without a word, or be an error after
// the build.
func (c Capabilities) lacksOutputs(n Needs) []string {
	missing := c.lacksImageOptions(n)
	lost := slices.DeleteFunc(slices.Clone(n.Outputs), func(t inputs.OutputType) bool { return slices.Contains(c.Outputs, t) })
	if len(lost) > 0 {
		only := ""
		if len(c.Outputs) > 0 {
			only = ", only " + join(c.Outputs)
		}
		missing = append(missing, "it writes no output of type "+join(slices.Compact(lost))+only)
	}
	results := make([]string, 0, len(n.Outputs)+1)
	if n.Push || n.Load {
		results = append(results, "the image")
	}
	for _, t := range n.Outputs {
		results = append(results, string(t))
	}
	if len(n.Outputs) > 0 && len(results) > 1 && !c.SeveralResults {
		missing = append(missing, "it silently drops all but one of several results ("+strings.Join(results, ", ")+")")
	}
	if n.Empties && !c.Empties {
		missing = append(missing, "it does not know mode=delete of type=local")
	}
	return missing
}

func (c Capabilities) lacksImageOptions(n Needs) []string {
	var missing []string
	if (n.Push || n.Load) && len(n.ImageOptions) > 0 && !c.PushByDigest {
		missing = append(missing, "it silently drops options of the image ("+strings.Join(n.ImageOptions, ", ")+")")
	}
	if n.Push && n.ByDigest && !c.PushByDigest {
		missing = append(missing, "it pushes by a tag alone, and none is to move")
	}
	return missing
}

// nameOutputs gives images in files the names of the tags, unless they have names.
func nameOutputs(outputs []inputs.Output, tags []name.Tag) []inputs.Output {
	var named []inputs.Output
	for _, out := range outputs {
		if out.IsImage() && out.Attrs["name"] == "" {
			names := make([]string, len(tags))
			for i, tag := range tags {
				names[i] = host.Shown(tag.Name())
			}
			attrs := map[string]string{}
			maps.Copy(attrs, out.Attrs)
			attrs["name"] = strings.Join(names, ",")
			out.Attrs = attrs
		}
		named = append(named, out)
	}
	return named
}

// keepsAttestations tells whether attestations are part of a result: what docker
// save writes has none.
func keepsAttestations(out inputs.Output) bool { return out.Type != inputs.OutputDocker }

// dockerTypes says why the pushed image has Docker's media types, or "".
func (b Build) dockerTypes() string {
	switch {
	case len(b.ByTag) > 0:
		return b.ByTag[0].RegistryStr() + " takes no others"
	case noOCITypes(b.ImageOptions):
		return "in outputs oci-mediatypes is false"
	}
	return ""
}

func noOCITypes(options map[string]string) bool {
	oci, err := strconv.ParseBool(options["oci-mediatypes"])
	return err == nil && !oci
}

// refuseOutputs refuses what BuildKit would refuse after the build, or do to
// another image than the one that was meant.
func refuseOutputs(in inputs.Inputs, f Facts, repos, byTag []name.Repository, platforms []v1.Platform) error {
	errs := []error{refusePushed(in, f, repos, byTag)}
	for _, out := range in.Outputs {
		refuse := func(reason, how string) {
			errs = append(errs, &advice.Error{Doing: "writing " + out.String(), Reason: reason, Advice: how})
		}
		if out.Type == inputs.OutputDocker {
			refuseDocker(platforms, refuse)
		}
		if out.IsImage() && noOCITypes(out.Attrs) && (len(in.Annotations) > 0 || len(in.Attestations) > 0) {
			refuse("an image with annotations or attestations has OCI's media types, and oci-mediatypes is false", "leave oci-mediatypes out of that line, or annotations and attestations")
		}
		ofIndex := func(name string) bool { return strings.HasPrefix(name, "annotation-index") }
		indexed := len(platforms) > 1 || len(in.Attestations) > 0
		if !indexed && slices.ContainsFunc(slices.Collect(maps.Keys(out.Attrs)), ofIndex) {
			refuse("its annotation is for an index, and an image of one platform without attestations has none", "leave annotation-index out, or use annotation.KEY")
		}
	}
	return errors.Join(errs...)
}

// refuseDocker refuses what the format of docker save cannot hold.
func refuseDocker(platforms []v1.Platform, refuse func(reason, how string)) {
	if len(platforms) > 1 {
		refuse("the format of docker save holds one platform ("+joinPlatforms(platforms)+" are asked for)", "use type=oci, or set the input platforms to one of them")
	}
}

// refusePushed refuses what lines of type=image cannot have of the image that is
// published.
func refusePushed(in inputs.Inputs, f Facts, repos, byTag []name.Repository) error {
	var errs []error
	refuse := func(doing, reason, how string) {
		errs = append(errs, &advice.Error{Doing: doing, Reason: reason, Advice: how})
	}
	if len(repos) > 0 && !namedByOutputs(in) {
		errs = append(errs, refuseOtherNames(in, f, repos))
	}
	if noOCITypes(in.Pushed.Options) && (len(in.Annotations) > 0 || len(in.Attestations) > 0) {
		refuse("pushing with oci-mediatypes=false", "an image with annotations or attestations has OCI's media types", "leave oci-mediatypes out of outputs, or annotations and attestations")
	}
	if len(byTag) > 0 {
		refusePushedByTag(in.Pushed, byTag[0].RegistryStr(), refuse)
	}
	return errors.Join(errs...)
}

// refusePushedByTag refuses what a registry does not take that knows an image by
// its tags alone.
func refusePushedByTag(pushed inputs.Pushed, host string, refuse func(doing, reason, how string)) {
	if pushed.ByDigest {
		refuse("pushing by digest, as outputs says", host+" knows an image by its tags alone", "leave push-by-digest out of outputs, or publish elsewhere")
	}
	oci, err := strconv.ParseBool(pushed.Options["oci-mediatypes"])
	if compression := pushed.Options["compression"]; err == nil && oci || compression == "zstd" || compression == "estargz" {
		refuse("pushing with the options in outputs", host+" takes only Docker's media types, which have no zstd and no estargz", "leave oci-mediatypes and compression out of outputs, or publish elsewhere")
	}
}

// refuseOtherNames refuses names in outputs that are none of the run's images.
func refuseOtherNames(in inputs.Inputs, f Facts, repos []name.Repository) error {
	var errs []error
	for _, wanted := range in.Pushed.Names {
		at, err := readName(wanted, in, f)
		same := func(repo name.Repository) bool { return repo.Name() == at.repository.Name() }
		if err == nil && !slices.ContainsFunc(repos, same) {
			err = &advice.Error{
				Doing:  "publishing to " + host.Shown(at.repository.Name()) + ", which outputs names",
				Reason: "the inputs image and tags name other images, and decide",
				Advice: "name it in image, or leave name out of outputs",
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// leaveToAuto is how the input that says to publish leaves it to the kind of the run.
func leaveToAuto(in inputs.Inputs) string {
	if in.Pushed.Push == "" {
		return "leave push out"
	}
	return "write type=image without push in outputs"
}

// saidOfPush names the input that decides whether to publish.
func saidOfPush(in inputs.Inputs) string {
	if in.Pushed.Push == "" {
		return "the input push is " + string(in.Push)
	}
	return "the input outputs says " + map[inputs.Push]string{inputs.PushTrue: "to push", inputs.PushFalse: "not to push"}[in.Push]
}
