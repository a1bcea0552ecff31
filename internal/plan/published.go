package plan

import (
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
)

// How long is asked what the run can do without, while it does something else. What
// is not known then is as good as unknown.
const (
	PreviousWithin   = 3 * time.Second  // what a tag held before, for the summary alone
	VisibilityWithin = 3 * time.Second  // who can read what was published
	HistoryWithin    = 10 * time.Second // which versions and commits the tags follow
)

// mostPrevious is how many tags are asked what they hold.
const mostPrevious = 4

// Previous returns the tags of which the first that is there already tells what
// was published before.
func (p Publish) Previous() []name.Tag {
	if !p.Push {
		return nil
	}
	return p.Tags[:min(len(p.Tags), mostPrevious)]
}

// Published returns the repositories that hold the image when these tags have
// moved: one that takes it by a tag alone does only where one of them is its.
func (b Build) Published(moved []name.Tag) []name.Repository {
	var all []name.Repository
	for _, repo := range b.Repositories() {
		holds := func(tag name.Tag) bool { return tag.Repository == repo }
		if slices.Contains(b.PushTo, repo) || slices.ContainsFunc(moved, holds) {
			all = append(all, repo)
		}
	}
	return all
}

// PulledBy returns the reference to pull what was published by: the first image by its
// digest, or by a tag where no repository gives it by digest. Something must be
// published.
func (b Build) PulledBy(digest v1.Hash, moved []name.Tag) name.Reference {
	if len(b.PushTo) == 0 {
		return moved[0]
	}
	return b.PushTo[0].Digest(digest.String())
}

// NotPublished says why nothing is, although the run publishes: no tag moves, and
// there is no other way.
func NotPublished(unmoved []Unmoved) string { return "no tag moves: " + unmoved[0].Reason }

// MetadataDigest returns the digest that the output metadata tells: that under which
// the image is to be found. answered is what the builder calls its digest. An
// engine with a graph driver calls its image ID so, and of what a builder without an
// image store has only built there is nothing to be found, unless it is in a file.
func MetadataDigest(answered string, published v1.Hash, can Capabilities, stores bool, outputs []inputs.Output) string {
	switch {
	case published != (v1.Hash{}):
		return published.String()
	case (!stores || can.PushByTag) && !slices.ContainsFunc(outputs, inputs.Output.IsImage):
		return ""
	}
	return answered
}

// SinglePlatform is what a manifest that is no index was built for: the one asked
// for, else the builder's own. It is false where nobody has built and nothing was asked
// for.
func (b Build) SinglePlatform(can Capabilities) (v1.Platform, bool) {
	switch {
	case len(b.Platforms) > 0:
		return b.Platforms[0], true
	case len(can.Platforms) > 0:
		return can.Platforms[0], true
	}
	return v1.Platform{}, false
}
