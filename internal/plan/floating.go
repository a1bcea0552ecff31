package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
)

// Unmoved is a tag that does not move, and why.
type Unmoved struct {
	Tag    name.Tag
	Reason string
}

// Follows returns what has to be known before the tags move: the versions that
// there are, and the commits that these tags' images were made of. Where nobody
// can tell, the tags move as if there were none.
func (p Publish) Follows() (versions bool, branches []name.Tag) {
	if !p.Push || p.ByDigest || p.floating == metadata.Compat {
		return false, nil
	}
	for _, tag := range p.Tags {
		switch p.kind(tag) {
		case metadata.Floating:
			versions = true
		case metadata.Branch:
			branches = append(branches, tag)
		case metadata.Written, metadata.Version:
		}
	}
	return versions, branches
}

// Contested returns the tags that versions of two series may have, which cannot be
// compared: of them the commits have to be known, as of those of a branch.
func (p Publish) Contested(known metadata.Known) []name.Tag {
	contested := p.Names.Contested(known)
	return slices.DeleteFunc(slices.Clone(p.Tags), func(tag name.Tag) bool {
		return !slices.ContainsFunc(contested, func(t metadata.Tag) bool { return t.Name == p.made[tag].Name })
	})
}

// GoesBack tells whether the tag of a branch would go to an older commit: then it
// has to be known which commit the branch has.
func (p Publish) GoesBack(known metadata.Known) bool {
	_, branches := p.Follows()
	return slices.ContainsFunc(branches, func(tag name.Tag) bool { return known.Contains[p.made[tag].Name] != "" })
}

// Named is what a tag is called in Names, and in what is known.
func (p Publish) Named(tag name.Tag) string { return p.made[tag].Name }

// Tip returns the ref whose head is the newest commit that tags of a branch or of
// a pull request may have; empty for a git tag.
func (f Facts) Tip() string {
	ref := f.tagRef()
	switch {
	case f.Pull.Number != 0:
		return fmt.Sprintf("refs/pull/%d/head", f.Pull.Number)
	case strings.HasPrefix(ref, "refs/heads/"):
		return ref
	}
	return ""
}

// Unlearnt is why something is not known that tags follow; nil: it is, or nobody
// has asked.
type Unlearnt struct {
	Versions error // which versions there are
	Commits  error // whether newer commits have the tags
	Head     error // which commit Tip has
}

// Warnings says what becomes of tags because it is not known what they follow.
// Outside Actions nobody can be asked about commits.
func (p Plan) Warnings(f Facts, known metadata.Known, u Unlearnt) []string {
	var warnings []string
	if versions, _ := p.Publish.Follows(); versions && known.Published == nil && known.Git == nil {
		warnings = append(warnings, fmt.Sprintf("it is not known which versions of %s there are: tags such as latest move as if there were no newer one\n%v", p.Build.Repositories()[0], u.Versions))
	}
	if u.Commits != nil && f.Actions {
		warnings = append(warnings, fmt.Sprintf("it is not known whether a newer commit has the tag already: it moves as if there were none\n%v", u.Commits))
	}
	if u.Head != nil && f.Actions {
		warnings = append(warnings, fmt.Sprintf("it is not known whether %s was set back to this commit: its tags stay where they are\n%v", f.Tip(), u.Head))
	}
	return warnings
}

// Moving leaves out the tags that would go back to an older version or commit,
// and says why.
func (p Publish) Moving(known metadata.Known) (Publish, []Unmoved) {
	reasons := map[string]string{}
	for _, move := range p.Names.Moves(known, p.floating) {
		if !move.Moves {
			reasons[move.Tag.Name] = move.Reason
		}
	}
	var unmoved []Unmoved
	p.Tags = slices.DeleteFunc(slices.Clone(p.Tags), func(tag name.Tag) bool {
		reason, stay := reasons[p.made[tag].Name]
		if p.ByDigest {
			reason, stay = "in outputs push-by-digest is true", true
		}
		if stay {
			unmoved = append(unmoved, Unmoved{Tag: tag, Reason: reason})
		}
		return stay
	})
	return p, unmoved
}

// kind is what a tag follows.
func (p Publish) kind(tag name.Tag) metadata.Kind {
	if made, known := p.made[tag]; known {
		return made.Kind
	}
	return metadata.Written
}
