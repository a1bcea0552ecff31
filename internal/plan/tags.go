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
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// targets is where an image goes: by digest to every repository, and to every
// tag.
type targets struct {
	repositories []name.Repository
	tags         []name.Tag // in the order of the names, each once
	names        metadata.Names
	made         map[name.Tag]metadata.Tag // the first of names that a tag was made of
	known        map[string]bool           // full names of tags and repositories: one look-up for each of thousands
}

// decideTargets joins what the rules make of the run with the images. A bare tag
// is for every image; a reference stands for itself, and where all tags are
// references and no image is named, they are all there is.
func decideTargets(in inputs.Inputs, f Facts, push bool) (targets, error) {
	names, err := decideNames(in, f, push)
	t := targets{names: names, made: map[name.Tag]metadata.Tag{}, known: map[string]bool{}}
	onlyFull := len(in.Tags) > 0 && !in.TagsWrong && !slices.ContainsFunc(in.Tags, func(rule *metadata.Rule) bool { return rule.Type != metadata.TypeReference })
	bare := slices.ContainsFunc(names.Tags, func(tag metadata.Tag) bool { return !tag.Full })
	var images []home
	if bare || onlyFull && len(in.Images) > 0 || len(names.Tags) == 0 {
		var imagesErr error
		images, imagesErr = homes(in, f)
		err = errors.Join(err, imagesErr)
	}
	for _, image := range images {
		t.addRepository(image.repository)
	}
	if onlyFull && len(in.Images) > 0 {
		err = errors.Join(err, &advice.Error{
			Doing:  "naming the tags",
			Reason: "the input image is set, but every line of tags is a full reference, so nothing would be published under image",
			Advice: "add a bare tag, or leave image out",
		})
	}
	return t, errors.Join(err, t.addTags(names.Tags, images, in, f))
}

// addTags adds for each image all the bare tags, as docker/metadata-action orders
// them, and then the references.
func (t *targets) addTags(tags []metadata.Tag, images []home, in inputs.Inputs, f Facts) error {
	var errs []error
	add := func(tag name.Tag, err error, made metadata.Tag) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		t.addTag(tag, made)
	}
	for _, image := range images {
		for _, tag := range tags {
			if !tag.Full {
				made, err := image.tag(tag.Name)
				add(made, err, tag)
			}
		}
	}
	for _, tag := range tags {
		if tag.Full {
			read, err := readReference(tag.Name, in, f)
			add(read, err, tag)
		}
	}
	return errors.Join(errs...)
}

func (t *targets) addTag(tag name.Tag, made metadata.Tag) {
	if _, there := t.made[tag]; !there {
		t.made[tag] = made
	}
	if full := tag.Name(); !t.known[full] {
		t.known[full] = true
		t.tags = append(t.tags, tag)
	}
	t.addRepository(tag.Repository)
}

func (t *targets) addRepository(repo name.Repository) {
	if full := repo.Name(); !t.known[full] {
		t.known[full] = true
		t.repositories = append(t.repositories, repo)
	}
}

// decideNames applies the rules, or without any the rule for the ref. A list of
// which no rule fits this run is a mistake only where something is published.
func decideNames(in inputs.Inputs, f Facts, push bool) (metadata.Names, error) {
	var unfit []metadata.Outcome
	if len(in.Tags) > 0 {
		names, err := in.Tags.Names(in.Flavor, f.forNames())
		if empty := names.Empty(); err != nil || empty == nil {
			return names, err
		} else if push && !in.TagsWrong {
			return names, &advice.Error{Doing: "naming the tags", Reason: empty.Error(), Advice: "add a rule that fits this run, such as type=ref,event=branch or type=sha", Cause: empty}
		}
		unfit = names.Outcomes
	}
	tag, kind, err := defaultTag(f)
	if err != nil {
		return metadata.Names{}, err
	}
	rules := metadata.OneTag(tag, kind)
	rules[0].Text = "the tag of the ref"
	names, err := rules.Names(in.Flavor, f.forNames())
	names.Outcomes = append(unfit, names.Outcomes...)
	return names, err
}

// forNames is the part of the facts that names are made of.
func (f Facts) forNames() metadata.Facts {
	built, head := f.built(), f.Pull.HeadSHA
	if f.elsewhere() {
		head = built.SHA
	}
	return metadata.Facts{
		Event: f.Event, Ref: f.tagRef(), SHA: built.SHA, HeadSHA: head, Pull: f.Pull.Number, BaseRef: f.BaseRef,
		DefaultBranch: f.Project.DefaultBranch, CommitTime: built.Time, Now: f.Started, Prerelease: f.Prerelease,
	}
}

// shortCommit is how much of a commit's name a default tag has.
const shortCommit = 12

// defaultTag is the tag of the run's ref. A pull request's is its number,
// whatever ref the event has: for pull_request_target that is the base branch,
// and a build of somebody's head must not be called latest.
func defaultTag(f Facts) (string, metadata.Kind, error) {
	switch {
	case f.Pull.Number != 0:
		return fmt.Sprintf("pr-%d", f.Pull.Number), metadata.Branch, nil
	case f.untrusted():
		tag, kind := untrustedTag(f)
		return tag, kind, nil
	case f.Ref == "" && !f.Actions && len(f.Commit.SHA) >= shortCommit:
		return "sha-" + f.Commit.SHA[:shortCommit], metadata.Version, nil
	case f.Ref == "" && !f.Actions:
		return "dev", metadata.Written, nil
	}
	ref := f.tagRef()
	tag, err := metadata.RefTag(ref)
	if err != nil {
		return "", metadata.Written, &advice.Error{
			Doing:  "naming the tag",
			Reason: err.Error(),
			Advice: "set the input tags",
			Cause:  err,
		}
	}
	if strings.HasPrefix(ref, "refs/heads/") {
		return tag, metadata.Branch, nil
	}
	return tag, metadata.Version, nil
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

// changed says which tags are not what their rule had made, and why.
func changed(names metadata.Names) []string {
	var remarks []string
	for _, o := range names.Outcomes {
		if o.Rule != nil && o.Tag != "" && o.Why != "" {
			remarks = append(remarks, fmt.Sprintf("The tag %s of %s: %s", o.Tag, o.Rule.Text, o.Why))
		}
	}
	return remarks
}
