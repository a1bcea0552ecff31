package builder

import (
	"context"
	"sync"

	"github.com/distribution/reference"
)

// loan is a tag of the store that the image of a run has for as long as the engine
// needs to find it there. What had it before has it again afterwards.
type loan struct {
	store *store
	turn  *turn
	tag   string
	image string // of the run
	back  sync.Once
}

// lend gives a tag to the image of this run, and waits before that until no other run
// needs it. The loan must be ended, also more than once.
func (s *store) lend(ctx context.Context, tag, image string) (*loan, error) {
	place, err := s.turn(ctx, canonical(tag), func() {})
	if err != nil {
		return nil, err
	}
	l := &loan{store: s, turn: place, tag: tag, image: image}
	if err := l.begin(ctx); err != nil {
		l.end(ctx)
		return nil, err
	}
	return l, nil
}

// give gives a tag to the image of this run for good, and waits before that until no
// other run needs it.
func (s *store) give(ctx context.Context, tag string) error {
	place, err := s.turn(ctx, canonical(tag), func() {})
	if err != nil {
		return err
	}
	defer place.end(ctx)
	return s.tag(ctx, s.name, tag)
}

// begin notes who has the tag before it takes it.
func (l *loan) begin(ctx context.Context) error {
	holder, err := l.store.imageOf(ctx, l.tag)
	if err != nil || holder == l.image {
		return err
	}
	if holder == "" {
		holder = l.image
	}
	if err := l.store.tag(ctx, holder, l.note().String()); err != nil {
		return err
	}
	return l.store.tag(ctx, l.image, l.tag)
}

func (l *loan) note() trace {
	return trace{kind: ofLoan, key: l.turn.key, id: l.store.id}
}

// end gives the tag back, and lets other runs have it.
func (l *loan) end(ctx context.Context) {
	l.back.Do(func() {
		rest, cancel := l.store.rest(ctx)
		defer cancel()
		if holder, err := l.store.imageOf(rest, l.note().String()); err == nil && holder != "" {
			l.store.giveBack(rest, l.tag, l.image, l.note(), holder)
		}
		l.turn.end(ctx)
	})
}

// giveBack gives a tag back that a run has borrowed for its image, unless somebody
// has given it to yet another one, and removes the note of who had it.
func (s *store) giveBack(ctx context.Context, tag, image string, note trace, holder string) {
	now, err := s.imageOf(ctx, tag)
	switch {
	case err != nil:
		return // the note tells a later run
	case now != image:
	case holder != image:
		err = s.tag(ctx, holder, tag)
		now = holder
	case s.wasThere(image):
		err = s.unname(ctx, tag)
	default:
		err = s.remove(ctx, tag)
	}
	if err != nil {
		return
	}
	if holder != image && now != holder { // the note may be its last name
		_ = s.unname(ctx, note.String())
		return
	}
	_ = s.remove(ctx, note.String())
}

// takeBack gives back what a dead run has borrowed, of which these are the names.
func (s *store) takeBack(ctx context.Context, note trace, all []trace) {
	image, tag := "", ""
	for _, one := range all {
		if one.kind != ofLoan {
			image = one.image
		}
	}
	if found, err := s.docker.ImageInspect(ctx, image); err == nil {
		for _, name := range found.RepoTags {
			if keyOf(canonical(name)) == note.key {
				tag = name
			}
		}
	}
	if tag != "" {
		s.giveBack(ctx, tag, image, note, note.image)
		return
	}
	_ = s.unname(ctx, note.String()) // it is not borrowed any more
}

// canonical writes a tag as every program does that has it in full.
func canonical(tag string) string {
	named, err := reference.ParseNormalizedNamed(tag)
	if err != nil {
		return tag
	}
	return reference.TagNameOnly(named).String()
}
