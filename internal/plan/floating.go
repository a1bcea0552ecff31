package plan

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
)

// Stay is a tag that does not move, and why.
type Stay struct {
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

// Moving leaves out the tags that would go back to an older version or commit,
// and says why.
func (p Publish) Moving(known metadata.Known) (Publish, []Stay) {
	reasons := map[string]string{}
	for _, move := range p.Names.Moves(known, p.floating) {
		if !move.Moves {
			reasons[move.Tag.Name] = move.Reason
		}
	}
	var stays []Stay
	p.Tags = slices.DeleteFunc(slices.Clone(p.Tags), func(tag name.Tag) bool {
		reason, stay := reasons[p.made[tag].Name]
		if p.ByDigest {
			reason, stay = "in outputs push-by-digest is true", true
		}
		if stay {
			stays = append(stays, Stay{Tag: tag, Reason: reason})
		}
		return stay
	})
	return p, stays
}

// kind is what a tag follows.
func (p Publish) kind(tag name.Tag) metadata.Kind {
	if made, known := p.made[tag]; known {
		return made.Kind
	}
	return metadata.Written
}
