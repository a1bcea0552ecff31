package progress

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/slipway-build/slipway/internal/terminal"
)

// book is what is known of a solve.
type book struct {
	style  Style
	fold   bool // lines are for a screen, and kept only for when their step fails
	steps  []*step
	staged bool // stages have names
	find   map[digest.Digest]*step
	group  map[string]*step
}

// foldedLines is how many of a step's last lines are kept on a terminal, for when
// it fails.
const foldedLines = 1000

// clippedLine begins what BuildKit puts in place of output beyond its limit.
const clippedLine = "[output clipped, log limit "

func newBook(style Style) *book {
	return &book{
		style: style, fold: style.Screen != nil && !style.Verbose,
		find: map[digest.Digest]*step{}, group: map[string]*step{},
	}
}

// apply takes a status in. It may come in any order, and name what is not known.
func (b *book) apply(status *client.SolveStatus, now time.Time) {
	for _, v := range status.Vertexes {
		s := b.stepOf(v)
		s.note(v)
		b.staged = b.staged || s.stage != ""
		if s.seen.IsZero() && len(s.spans) > 0 {
			s.seen = now
		}
	}
	for _, one := range status.Statuses {
		b.transferred(b.step(one.Vertex), one)
	}
	for _, w := range status.Warnings {
		s := b.step(w.Vertex)
		b.say(s, s.spans.Began(), time.Time{}, []byte("WARNING: "+terminal.OneLine(string(w.Short))))
	}
	for _, log := range status.Logs {
		s := b.step(log.Vertex)
		began := s.spans.Began()
		s.streams[min(max(log.Stream, 0), 2)].write(log.Data, func(line []byte) { b.say(s, began, log.Timestamp, line) })
	}
}

// step finds the step of a vertex, or begins one.
func (b *book) step(vertex digest.Digest) *step {
	s, ok := b.find[vertex]
	if !ok {
		s = &step{members: map[digest.Digest]*client.Vertex{}, own: true, label: "BuildKit"}
		b.find[vertex] = s
		b.steps = append(b.steps, s)
	}
	return s
}

// stepOf finds the step of a vertex, which may be one of several.
func (b *book) stepOf(v *client.Vertex) *step {
	if v.ProgressGroup == nil {
		return b.step(v.Digest)
	}
	s, known := b.group[v.ProgressGroup.Id]
	old, used := b.find[v.Digest]
	switch {
	case !known:
		s = b.step(v.Digest)
		b.group[v.ProgressGroup.Id] = s
	case used && old != s:
		return old // it was there before it was of a group
	}
	b.find[v.Digest] = s
	return s
}

// say adds a line to a step's, with the time since the step began; without one
// where at is zero.
func (b *book) say(s *step, began, at time.Time, line []byte) {
	start := len(s.text)
	s.text = appendTime(s.text, began, at)
	from := len(s.text)
	s.text = terminal.AppendClean(s.text, line, b.style.Colours)
	if text := s.text[from:]; len(text) > len(clippedLine) && string(text[:len(clippedLine)]) == clippedLine {
		s.clipped, _, _ = strings.Cut(string(text[len(clippedLine):]), " ")
	}
	if b.fold {
		s.tail = append(s.tail, string(s.text[start:]))
		s.text = s.text[:start]
		if len(s.tail) >= 2*foldedLines {
			s.tail = slices.Clone(s.tail[len(s.tail)-foldedLines:])
		}
		return
	}
	s.text = append(s.text, '\n')
}

// finish says the last lines of a step, which have no end.
func (b *book) finish(s *step, at time.Time) {
	for i := range s.streams {
		s.streams[i].end(func(line []byte) { b.say(s, s.spans.Began(), at, line) })
	}
}

// end makes all steps end: nothing more will be heard of them.
func (b *book) end() {
	for _, s := range b.steps {
		b.finish(s, cmp.Or(s.spans.Ended(), s.spans.Began()))
	}
}
