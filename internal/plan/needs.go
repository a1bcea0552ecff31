package plan

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Needs is what a plan asks of the BuildKit that carries it out.
type Needs struct {
	Push         bool // to a registry
	Repositories int  // that the image goes to
	Platforms    []v1.Platform
}

// Needs returns what this plan asks of a builder.
func (p Plan) Needs() Needs {
	return Needs{Push: p.Publish.Push, Repositories: len(p.Build.PushTo), Platforms: p.Build.Platforms}
}

// Capabilities is what a BuildKit can do. The zero value can only build.
type Capabilities struct {
	// PushByDigest: it pushes an image under its digest alone, and several
	// platforms as one index.
	PushByDigest bool
	// PushByTag: an engine around it pushes an image of one platform to one
	// repository, by a tag.
	PushByTag bool
	// Platforms that its workers run without emulation, the default first.
	Platforms []v1.Platform
	// Version of BuildKit, as it says itself; may be empty.
	Version string
}

// Lacks says what is missing for a plan, or "". A builder that lacks something
// is not used: some leave out what they cannot do without a word.
func (c Capabilities) Lacks(n Needs) string {
	if !n.Push || c.PushByDigest {
		return ""
	}
	var missing []string
	if !c.PushByTag {
		return "it cannot push"
	}
	if len(n.Platforms) > 1 {
		missing = append(missing, "several platforms in one image ("+joinPlatforms(n.Platforms)+")")
	}
	if n.Repositories > 1 {
		missing = append(missing, fmt.Sprintf("one image in %d repositories", n.Repositories))
	}
	if len(missing) == 0 {
		return ""
	}
	return "it cannot make " + strings.Join(missing, " and ")
}

func joinPlatforms(platforms []v1.Platform) string {
	texts := make([]string, 0, len(platforms))
	for _, p := range platforms {
		texts = append(texts, p.String())
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
