package plan

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// home is where an image has its tags.
type home struct {
	repository name.Repository
	local      string // the name as docker writes it, where it is of no registry; else empty
}

// tag returns a tag there. Of a local name, String returns what docker shows.
func (h home) tag(tag string) (name.Tag, error) {
	if h.local == "" {
		return h.repository.Tag(tag), nil
	}
	return name.NewTag(h.local + ":" + tag)
}

// notation says what a name without a registry host means.
type notation int

const (
	// ours is that of the input image: the name is put under the registry.
	ours notation = iota
	// dockers is that of references, which are Docker Hub's without a host. To nobody
	// is one put into another registry that the workflow does not name.
	dockers
)

// locate decides what a written name means, which has no tag. It is the one place
// that does, for the inputs image, tags and outputs. In our notation name is put
// under registry/owner, and owner/name under registry. In Docker's the same holds
// where the input registry is set; else it is a local name where the inputs say
// that nothing is pushed, and a mistake where something may be.
func locate(written string, by notation, in inputs.Inputs, f Facts) (home, error) {
	path := strings.ToLower(written)
	if by == dockers && !hasHost(path) && in.Registry == "" && nothingPushed(in) {
		return localHome(written, path)
	}
	repo, err := repository(written, in, f)
	if err == nil && by == dockers && !hasHost(path) && in.Registry == "" {
		err = errNoRegistry
	}
	return home{repository: repo}, err
}

// errNoRegistry is of a name in Docker's notation that could mean two places.
var errNoRegistry = errors.New("it names no registry, and for docker such a name is Docker Hub's")

func localHome(written, path string) (home, error) {
	named, err := reference.ParseNormalizedNamed(path)
	if err == nil && !reference.IsNameOnly(named) {
		err = errors.New("it holds a tag or a digest")
	}
	if err != nil {
		return home{}, badImage(written, err)
	}
	repo, err := name.NewRepository(path)
	if err != nil {
		return home{}, badImage(written, err)
	}
	return home{repository: repo, local: path}, nil
}

// otherOwner says where an image of somebody else's goes that names no registry: it
// may be meant for Docker Hub. It is empty for all others.
func otherOwner(image string, in inputs.Inputs, f Facts) string {
	path := strings.ToLower(image)
	owner, _, found := strings.Cut(path, "/")
	if !found || hasHost(path) || in.Registry != "" || nothingPushed(in) || f.owner() == "" || owner == strings.ToLower(f.owner()) {
		return ""
	}
	hub, own := fullForms(path, in, f)
	return fmt.Sprintf("the image %s goes to %s, under an owner that is not this repository's; an image of Docker Hub is written %s", image, own, hub)
}

// fullForms are both places that a name without a registry could mean.
func fullForms(path string, in inputs.Inputs, f Facts) (hub, own string) {
	path = strings.ToLower(path)
	hub, own = path, path
	if !strings.Contains(path, "/") {
		owner := strings.ToLower(cmp.Or(f.owner(), "OWNER"))
		hub, own = strings.ToLower(cmp.Or(in.Username, owner))+"/"+path, owner+"/"+path
	}
	return "docker.io/" + hub, registryOf(in, f) + "/" + own
}

// nothingPushed tells whether the inputs say that nothing is pushed. The event has
// no say: a name means the same on a pull request as on main.
func nothingPushed(in inputs.Inputs) bool {
	return in.Push == inputs.PushFalse || wantsResults(in)
}

// wantsResults tells whether files or a load are asked for and nothing is said of
// a push. docker/build-push-action pushes nothing there either.
func wantsResults(in inputs.Inputs) bool {
	said := in.Push == inputs.PushTrue || in.Push == inputs.PushFalse
	return !said && (in.Load || len(in.Outputs) > 0)
}

// readReference reads a reference of the input tags, which has a tag. The path is
// lower-cased and the tag kept.
func readReference(written string, in inputs.Inputs, f Facts) (name.Tag, error) {
	bad := func(cause error, how string) (name.Tag, error) {
		return name.Tag{}, &advice.Error{Doing: fmt.Sprintf("reading the tag %q", written), Reason: cause.Error(), Advice: how, Cause: cause}
	}
	const full = "use a bare tag such as 1.2.3, or registry/owner/name:tag"
	colon := strings.LastIndex(written, ":")
	path, tag := written[:max(colon, 0)], written[colon+1:]
	if reason := illegalTag(tag); reason != "" {
		return bad(errors.New(reason), full)
	}
	at, err := locate(path, dockers, in, f)
	if errors.Is(err, errNoRegistry) {
		hub, own := fullForms(path, in, f)
		return bad(err, fmt.Sprintf("write %s:%s or %s:%s, or set the input registry; with push: false it is a local name; a tag of any text is type=raw,value=TEXT", hub, tag, own, tag))
	}
	if err != nil {
		return bad(err, full)
	}
	return at.tag(tag)
}

// readName reads an image that a line of outputs names.
func readName(written string, in inputs.Inputs, f Facts) (home, error) {
	at, err := locate(written, dockers, in, f)
	if errors.Is(err, errNoRegistry) {
		hub, own := fullForms(written, in, f)
		err = &advice.Error{
			Doing: fmt.Sprintf("reading name=%s in outputs", written), Reason: err.Error(), Cause: err,
			Advice: fmt.Sprintf("write %s or %s, or set the input registry; with push=false it is a local name", hub, own),
		}
	}
	return at, err
}
