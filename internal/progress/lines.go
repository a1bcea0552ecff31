package progress

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/slipway-build/slipway/internal/duration"
	"github.com/slipway-build/slipway/internal/terminal"
	"github.com/slipway-build/slipway/internal/vertex"
)

// The colours are those that GitHub's log and every terminal know.
const (
	reset  = "\x1b[0m"
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
)

// longestName is how many characters of a step's name are shown: a here-document
// is part of it.
const longestName = 1000

// speak writes all that a step has to say now.
func (p *printer) speak(s *step, now time.Time) {
	p.enter(s)
	ends := s.done() && !s.reported
	if ends {
		p.unfold(s)
	}
	short := ends && len(s.text) == 0 && !p.style.Verbose
	if p.current != s {
		p.since = now
		if !short {
			p.head(s)
		}
	}
	p.out = append(p.out, s.text...)
	s.text = s.text[:0]
	if ends {
		p.foot(s, short && (!s.headed || s.failed() && p.current != s))
	}
	p.current, p.said, s.headed, s.waits = s, now, true, time.Time{}
	if s.done() {
		p.current = nil
	}
}

// unfold shows the last lines of a step that has failed, which were kept from a
// terminal.
func (p *printer) unfold(s *step) {
	if !s.failed() {
		return
	}
	for _, line := range s.tail {
		s.text = append(append(s.text, line...), '\n')
	}
	s.tail = nil
}

// head names the step whose lines follow.
func (p *printer) head(s *step) {
	name := shown(s.name)
	if s.name == "" {
		name = s.label
	}
	if s.headed {
		name += " (continued)"
	}
	p.out = append(append(p.out, p.paint(bold, name)...), '\n')
	if !p.style.Verbose || s.headed {
		return
	}
	for _, member := range slices.Sorted(maps.Keys(s.members)) {
		text := "step " + terminal.OneLine(member.String())
		if inputs := s.members[member].Inputs; len(inputs) > 0 {
			text += " from " + terminal.OneLine(strings.Join(texts(inputs), ", "))
		}
		p.out = append(append(appendTime(p.out, time.Time{}, time.Time{}), text...), '\n')
	}
}

// texts shortens digests to what tells them apart.
func texts(digests []digest.Digest) []string {
	all := make([]string, len(digests))
	for i, one := range digests {
		all[i] = one.String()
		if len(all[i]) > len("sha256:")+12 {
			all[i] = all[i][:len("sha256:")+12]
		}
	}
	return all
}

// foot says how a step has ended, with its whole name where that is not above.
func (p *printer) foot(s *step, whole bool) {
	name := s.label
	if whole {
		name = shown(s.name)
	}
	text, cancelled := s.failure()
	state := ""
	switch {
	case text != "":
		state = p.paint(red, "ERROR: "+terminal.OneLine(vertex.Reason(text))) // the name holds the command
	case cancelled:
		state = p.paint(yellow, "CANCELED")
	case s.cached():
		state = p.paint(green, "CACHED")
	default:
		state = "done " + duration.Text(s.spans.Took())
	}
	p.out = fmt.Appendf(p.out, "%s  %s\n", p.paint(bold, name), state)
	if s.clipped != "" {
		note := "BuildKit has left out some of this step's output, which is beyond its limit of " + s.clipped + "; BUILDKIT_STEP_LOG_MAX_SIZE and BUILDKIT_STEP_LOG_MAX_SPEED of the buildkitd change it"
		p.out = fmt.Appendf(p.out, "%s  %s\n", s.label, p.paint(yellow, note))
	}
	s.reported, s.told, s.tail = true, max(s.spans.Took(), 1), nil
}

// paint puts a text in a colour.
func (p *printer) paint(colour, text string) string {
	if !p.style.Colours {
		return text
	}
	return colour + text + reset
}

// shown is a name that fits into a line. It is cut between words: half of a secret
// would not be recognised as one.
func shown(name string) string {
	characters := []rune(name)
	if len(characters) <= longestName {
		return name
	}
	begin := string(characters[:longestName])
	if blank := strings.LastIndexByte(begin, ' '); blank >= 0 {
		begin = begin[:blank+1]
	}
	return begin + "…"
}

func (s *step) exports() bool { return s.own && strings.HasPrefix(s.name, "exporting ") }

// sectionOf is the stage that a step is shown with. BuildKit's own work stays with
// what is there; only the export has a section of its own, where stages have.
func (p *printer) sectionOf(s *step) string {
	switch {
	case !s.own:
		return s.stage
	case s.exports() && p.book.staged:
		return "export"
	}
	return p.stage
}

// enter begins the section of a step, where it is another.
func (p *printer) enter(s *step) {
	section := p.sectionOf(s)
	if section == p.stage {
		return
	}
	p.stage = section
	if p.style.Section == nil || p.book.fold {
		return
	}
	p.flush(p.flushed)
	title := "Build"
	if section != "" {
		title += ": " + section
	}
	again := p.sections[section]
	p.sections[section] = true
	if again {
		title += " (continued)"
	} else {
		title += p.sum(section)
	}
	p.style.Section(title)
}

// sum says how long a stage took and what of it was cached, when all of it is known
// before any of it is shown.
func (p *printer) sum(stage string) string {
	var began, ended time.Time
	steps, cached := p.stageSteps(stage), 0
	for _, s := range steps {
		if _, cancelled := s.failure(); !s.done() || s.failed() || cancelled {
			return ""
		}
		if s.cached() {
			cached++
		}
		if began.IsZero() || s.spans.Began().Before(began) {
			began = s.spans.Began()
		}
		ended = latest(ended, s.spans.Ended())
	}
	switch {
	case !slices.ContainsFunc(steps, func(s *step) bool { return s.last }):
		return ""
	case cached == 0:
		return fmt.Sprintf(" (%s)", duration.Text(ended.Sub(began)))
	}
	return fmt.Sprintf(" (%s, %d of %d cached)", duration.Text(ended.Sub(began)), cached, len(steps))
}

// stageSteps are the steps of a stage that have begun.
func (p *printer) stageSteps(stage string) []*step {
	var steps []*step
	for _, s := range p.book.steps {
		if !s.own && s.stage == stage && len(s.spans) > 0 {
			steps = append(steps, s)
		}
	}
	return steps
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
