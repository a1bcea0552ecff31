package dockerengine

import (
	"context"
	"sync"

	"github.com/distribution/reference"
)

// Loan is a tag of the store that the image of a run has for as long as the engine
// needs to find it there. What had it before has it again afterwards.
type Loan struct {
	store *Store
	Turn  *Turn
	tag   string
	image string // of the run
	back  sync.Once
}

// Lend gives a tag to the image of this run, and waits before that until no other run
// needs it. The loan must be ended, also more than once.
func (s *Store) Lend(ctx context.Context, tag, image string) (*Loan, error) {
	place, err := s.Turn(ctx, canonical(tag), func() {})
	if err != nil {
		return nil, err
	}
	l := &Loan{store: s, Turn: place, tag: tag, image: image}
	if err := l.begin(ctx); err != nil {
		l.end(ctx)
		return nil, err
	}
	return l, nil
}

// Give gives a tag to the image of this run for good, and waits before that until no
// other run needs it.
func (s *Store) Give(ctx context.Context, tag string) error {
	place, err := s.Turn(ctx, canonical(tag), func() {})
	if err != nil {
		return err
	}
	defer place.End(ctx)
	return s.tag(ctx, s.Name, tag)
}

// begin notes who has the tag before it takes it.
func (l *Loan) begin(ctx context.Context) error {
	holder, err := l.store.ImageOf(ctx, l.tag)
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

func (l *Loan) note() Trace {
	return Trace{Kind: ofLoan, key: l.Turn.key, ID: l.store.id}
}

// end gives the tag back, and lets other runs have it.
func (l *Loan) end(ctx context.Context) {
	l.back.Do(func() {
		rest, cancel := l.store.rest(ctx)
		defer cancel()
		if holder, err := l.store.ImageOf(rest, l.note().String()); err == nil && holder != "" {
			l.store.giveBack(rest, l.tag, l.image, l.note(), holder)
		}
		l.Turn.End(ctx)
	})
}

// giveBack gives a tag back that a run has borrowed for its image, unless somebody
// has given it to yet another one, and removes the note of who had it.
func (s *Store) giveBack(ctx context.Context, tag, image string, note Trace, holder string) {
	now, err := s.ImageOf(ctx, tag)
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
func (s *Store) takeBack(ctx context.Context, note Trace, all []Trace) {
	image, tag := "", ""
	for _, one := range all {
		if one.Kind != ofLoan {
			image = one.image
		}
	}
	if found, err := s.Client.ImageInspect(ctx, image); err == nil {
		for _, name := range found.RepoTags {
			if KeyOf(canonical(name)) == note.key {
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
