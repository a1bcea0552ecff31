package plan

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
)

// Mover is who moves tags.
type Mover int

// The movers.
const (
	ByRegistry Mover = iota // this process, at the registry: the manifest is put under the tag and read back
	ByBuildKit              // BuildKit pushes what it has built once more, under the tags
	ByEngine                // a Docker engine with a graph driver pushes the image of its store
)

// Move is some of a run's tags, and who moves them: first the versions, then,
// when all of those hold, the tags that people follow.
type Move struct {
	By                 Mover
	Versions, Floating []name.Tag
	// ReadBack tells that this process reads the tags back after somebody else has
	// pushed them.
	ReadBack bool
}

// Tags are all tags of the move, in the order in which they move.
func (m Move) Tags() []name.Tag { return slices.Concat(m.Versions, m.Floating) }

// Placement is how the whole image gets under its digest into every repository,
// before any tag moves.
type Placement int

// The ways.
const (
	PlacedNowhere Placement = iota // it does not: the tags bring it, or nothing is published
	PlacedByBuild                  // the build has pushed it there
	PlacedAsIndex                  // the nodes have pushed parts, which are joined in one index
	PlacedByTag                    // an engine pushes it under the first tag that moves
)

// Route is how an image is published.
type Route struct {
	Place Placement
	Moves []Move // in this order; empty where no tag moves
	// Found tells that no tag moves, and that this process reads the image by its
	// digest instead.
	Found bool
}

// Tags are the tags that move: all versions, then all that people follow.
func (r Route) Tags() []name.Tag {
	var versions, floating []name.Tag
	for _, move := range r.Moves {
		versions, floating = append(versions, move.Versions...), append(floating, move.Floating...)
	}
	return slices.Concat(versions, floating)
}

// Publishes tells whether anything is published by this route: an engine with a
// graph driver, and repositories that take an image by a tag alone, hold nothing
// where no tag moves.
func (r Route) Publishes() bool { return r.Place != PlacedNowhere || len(r.Moves) > 0 }

// TagsApart tells whether the whole image is everywhere under its digest before
// any tag moves, so that something may come between: not where the tags bring it.
func (r Route) TagsApart() bool {
	return r.Place == PlacedByBuild && !slices.ContainsFunc(r.Moves, func(m Move) bool { return m.By != ByRegistry }) || r.Place == PlacedAsIndex
}

// Route says who moves which of the tags that are to move, and in which order: a
// version of any registry moves before a tag that people follow. onlyBuilder tells
// that a registry cannot be reached from this process, but from the builder.
func (p Plan) Route(moving Publish, can Capabilities, onlyBuilder bool) Route {
	versions, floating := moving.MoveOrder()
	some := len(versions)+len(floating) > 0
	switch {
	case !moving.Push, !some && !can.PushByDigest, !some && len(p.Build.PushTo) == 0:
		return Route{}
	case onlyBuilder && !some:
		return Route{Place: PlacedByBuild}
	case onlyBuilder:
		return Route{Place: p.placedBefore(can), Moves: []Move{{By: pusher(can), Versions: versions, Floating: floating}}}
	case some && len(p.Build.ByTag) > 0:
		return Route{Place: p.placedBefore(can), Moves: p.movesByTag(versions, floating, pusher(can))}
	}
	route := Route{Place: PlacedByBuild, Found: !some}
	switch {
	case len(p.Nodes) > 1:
		route.Place = PlacedAsIndex
	case !can.PushByDigest:
		route.Place = PlacedByTag
	}
	if some {
		route.Moves = []Move{{By: ByRegistry, Versions: versions, Floating: floating}}
	}
	return route
}

// placedBefore is where the image is that a builder pushes by tags.
func (p Plan) placedBefore(can Capabilities) Placement {
	if can.PushByDigest && len(p.Build.PushTo) > 0 {
		return PlacedByBuild
	}
	return PlacedNowhere
}

// pusher is who pushes tags that this process does not move.
func pusher(can Capabilities) Mover {
	if can.PushByDigest {
		return ByBuildKit
	}
	return ByEngine
}

// movesByTag orders the moves where some repositories take an image by a tag alone:
// the builder pushes those tags, their versions before all others and the tags that
// people follow there last.
func (p Plan) movesByTag(versions, floating []name.Tag, by Mover) []Move {
	theirVersions, ourVersions := p.Build.TakenByTag(versions)
	theirFloating, ourFloating := p.Build.TakenByTag(floating)
	if len(ourVersions)+len(ourFloating) == 0 {
		return []Move{{By: by, Versions: versions, Floating: floating, ReadBack: true}}
	}
	all := []Move{
		{By: by, Versions: theirVersions, ReadBack: true},
		{By: ByRegistry, Versions: ourVersions, Floating: ourFloating},
		{By: by, Floating: theirFloating, ReadBack: true},
	}
	return slices.DeleteFunc(all, func(m Move) bool { return len(m.Tags()) == 0 })
}

// OnePerRegistry returns the first of the tags in each registry of these
// repositories.
func OnePerRegistry(tags []name.Tag, repos []name.Repository) []name.Tag {
	var first []name.Tag
	for _, tag := range tags {
		sameHost := func(other name.Tag) bool { return other.RegistryStr() == tag.RegistryStr() }
		wanted := func(repo name.Repository) bool { return repo.RegistryStr() == tag.RegistryStr() }
		if slices.ContainsFunc(repos, wanted) && !slices.ContainsFunc(first, sameHost) {
			first = append(first, tag)
		}
	}
	return first
}
