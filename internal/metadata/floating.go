package metadata

import "fmt"

// Policy says when a tag that people follow may move.
type Policy int

// The policies for floating tags.
const (
	Forward Policy = iota // never to an older version or commit: the default
	Compat                // with every run, as with docker/metadata-action
)

// Known is what is known of a repository when the tags are about to move.
type Known struct {
	Published []string // the tags that the registry has; nil: nobody could tell
	Git       []string // the git tags; nil: nobody could tell
	// Contains names tags whose image was built from a commit that contains this
	// run's, and that commit.
	Contains map[string]string
	// Versions names tags of Contested, and the version that their image says it is.
	Versions map[string]string
	// SetBack: the run's branch is at the run's commit now.
	SetBack bool
}

// Move says whether a tag may move, and why or why not.
type Move struct {
	Tag    Tag
	Moves  bool
	Reason string // empty for a tag that follows nothing
}

// Moves decides which tags move, in their order. A version is newer than what is
// known or it does not take latest, 1 or 1.2, and a release that is flagged as a
// pre-release takes none of them; nor does a branch's tag go back to an older
// commit, unless the branch did. What nobody knows holds nothing up.
func (n Names) Moves(k Known, p Policy) []Move {
	moves := make([]Move, 0, len(n.Tags))
	for _, t := range n.Tags {
		m := Move{Tag: t, Moves: true}
		switch {
		case t.Kind != Floating && t.Kind != Branch:
		case p == Compat:
			m.Reason = "floating tags move with every run"
		case n.prerelease && t.Kind == Floating && !t.willed:
			m = Move{Tag: t, Reason: "GitHub has the release flagged as a pre-release"}
		case t.Kind == Branch:
			m = t.followBranch(k)
		default:
			m = t.followVersions(k)
		}
		moves = append(moves, m)
	}
	return moves
}

func (t Tag) followBranch(k Known) Move {
	commit := k.Contains[t.Name]
	switch {
	case commit != "" && k.SetBack:
		return Move{Tag: t, Moves: true, Reason: fmt.Sprintf("the branch was set back from the commit %s to this one", commit)}
	case commit != "":
		return Move{Tag: t, Reason: fmt.Sprintf("the image that has it was built from the commit %s, which contains this one", commit)}
	}
	return Move{Tag: t, Moves: true, Reason: "no newer commit is known to have it"}
}

func (t Tag) followVersions(k Known) Move {
	if t.series == nil {
		return Move{Tag: t, Moves: true, Reason: "it does not follow versions that can be compared"}
	}
	if k.Published == nil && k.Git == nil {
		return Move{Tag: t, Moves: true, Reason: "it is not known which versions there are"}
	}
	if commit := k.Contains[t.Name]; commit != "" {
		if v, ok := t.series.rival(k.Versions[t.Name]); ok {
			return Move{Tag: t, Reason: fmt.Sprintf("it has %s, which cannot be compared with %s and was built from a later commit, %s", v.raw, t.series.of.full, commit)}
		}
	}
	if newer, ok := t.series.newest(k); ok {
		return Move{Tag: t, Reason: fmt.Sprintf("%s is newer than %s", newer.full, t.series.of.full)}
	}
	return Move{Tag: t, Moves: true, Reason: fmt.Sprintf("no version newer than %s is known", t.series.of.full)}
}

// Contested returns the tags that versions of two series may have, such as latest
// of 2024.5.0 and 1.2.3. Of them it has to be known which image has them.
func (n Names) Contested(k Known) []Tag {
	var all []Tag
	for _, t := range n.Tags {
		if t.Kind == Floating && t.series != nil && !n.prerelease && t.series.contested(k) {
			all = append(all, t)
		}
	}
	return all
}
