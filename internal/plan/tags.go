package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
)

// targets is where an image goes: by digest to every repository, and to every
// tag.
type targets struct {
	repositories []name.Repository
	tags         []name.Tag // in the order of the inputs, each once
}

// decideTargets joins the input tags, or the tag of the ref, with the images. A
// bare tag is for every image; a full reference stands for itself, and where
// all tags are full references and no image is named, they are all there is.
func decideTargets(in inputs.Inputs, f Facts) (targets, error) {
	bare, full, err := splitTags(in, f)
	var t targets
	if len(bare) > 0 || len(in.Images) > 0 {
		var imagesErr error
		t.repositories, imagesErr = repositories(in, f)
		err = errors.Join(err, imagesErr)
	}
	if len(bare) == 0 && len(in.Images) > 0 {
		err = errors.Join(err, &Error{
			Doing:  "naming the tags",
			Reason: "the input image is set, but every line of tags is a full reference, so nothing would be published under image",
			Advice: "add a bare tag, or leave image out",
		})
	}
	for _, tag := range bare {
		for _, repo := range t.repositories {
			t.addTag(repo.Tag(tag))
		}
	}
	for _, tag := range full {
		t.addTag(tag)
	}
	return t, err
}

func (t *targets) addTag(tag name.Tag) {
	same := func(other name.Tag) bool { return other.Name() == tag.Name() }
	if !slices.ContainsFunc(t.tags, same) {
		t.tags = append(t.tags, tag)
	}
	if !slices.Contains(t.repositories, tag.Repository) {
		t.repositories = append(t.repositories, tag.Repository)
	}
}

// splitTags checks every tag and tells bare ones from full references. All
// mistakes are returned at once.
func splitTags(in inputs.Inputs, f Facts) (bare []string, full []name.Tag, err error) {
	if len(in.Tags) == 0 {
		tag, err := defaultTag(f)
		return []string{tag}, nil, err
	}
	var errs []error
	for _, written := range in.Tags {
		if !strings.Contains(written, "/") {
			if err := checkTag(written); err != nil {
				errs = append(errs, err)
			}
			bare = append(bare, written)
			continue
		}
		tag, err := fullReference(written)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		full = append(full, tag)
	}
	return bare, full, errors.Join(errs...)
}

// defaultTag is the tag of the run's ref. A pull request's is its number,
// whatever ref the event has: for pull_request_target that is the base branch,
// and a build of somebody's head must not be called latest.
func defaultTag(f Facts) (string, error) {
	switch {
	case f.Pull.Number != 0:
		return fmt.Sprintf("pr-%d", f.Pull.Number), nil
	case f.Ref == "" && !f.Actions && len(f.Commit.SHA) >= 12:
		return "sha-" + f.Commit.SHA[:12], nil
	case f.Ref == "" && !f.Actions:
		return "dev", nil
	}
	tag, err := metadata.RefTag(f.Ref)
	if err != nil {
		return "", &Error{
			Doing:  "naming the tag",
			Reason: err.Error(),
			Advice: "set the input tags",
			cause:  err,
		}
	}
	return tag, nil
}

func checkTag(tag string) error {
	reason := illegalTag(tag)
	if reason == "" {
		return nil
	}
	return &Error{
		Doing:  fmt.Sprintf("reading the tag %q", tag),
		Reason: reason,
		Advice: "use at most 128 letters, digits, _ . and -, the first of them a letter, a digit or _",
	}
}

// illegalTag says why a text cannot be a tag, or "".
func illegalTag(tag string) string {
	switch {
	case len(tag) > metadata.MaxTag:
		return fmt.Sprintf("it has %d characters", len(tag))
	case tag == "" || reference.TagRegexp.FindString(tag) != tag:
		return "it is not a legal tag"
	}
	return ""
}

// fullReference parses registry/path:tag. The path is lower-cased and the tag
// kept; without a tag it is latest, as for docker.
func fullReference(written string) (name.Tag, error) {
	bad := func(cause error) (name.Tag, error) {
		return name.Tag{}, &Error{
			Doing:  fmt.Sprintf("reading the tag %q", written),
			Reason: cause.Error(),
			Advice: "use a bare tag such as 1.2.3, or registry/owner/name:tag",
			cause:  cause,
		}
	}
	path, tag := written, metadata.Latest
	if i := strings.LastIndex(written, ":"); i > strings.LastIndex(written, "/") {
		path, tag = written[:i], written[i+1:]
	}
	if !hasHost(path) {
		return bad(errors.New("it has no registry host"))
	}
	if reason := illegalTag(tag); reason != "" {
		return bad(errors.New(reason))
	}
	repo, err := repository(path, "", "")
	if err != nil {
		return bad(err)
	}
	return repo.Tag(tag), nil
}
