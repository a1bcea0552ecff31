package progress

import (
	"cmp"
	"io"
	"strings"
	"time"
)

const (
	// headAfter is how long a step runs before its name is written: what is done by
	// then takes one line.
	headAfter = 300 * time.Millisecond
	// ownAfter is how long BuildKit's own work takes before it is worth a line.
	ownAfter = time.Second
	// quietFor is how long a step says nothing before another has its turn.
	quietFor = time.Second
	// betweenSteps is how long the next step of a stage is waited for.
	betweenSteps = 500 * time.Millisecond
	// retryPolicy is how long the others wait for a step that goes on and on. It doubles
	// each time, so that the parts get longer as a build does.
	retryPolicy, mostWait = 5 * time.Second, 40 * time.Second
	// mostWaiting is how many bytes of a step wait.
	mostWaiting = 1 << 20
)

// printer writes the lines of one step after another, and the steps of one stage
// together, as far as that keeps nobody waiting.
type printer struct {
	book    *book
	style   Style
	w       io.Writer
	out     []byte
	flushed time.Time

	current     *step     // whose lines are written now; nil between steps
	since       time.Time // when its turn began
	said        time.Time // when something was last written, or else the solve began
	retryPolicy time.Duration
	stage       string
	sections    map[string]bool // titles that were written
	final       bool            // nothing more will come
}

func newPrinter(w io.Writer, style Style) *printer {
	return &printer{book: newBook(style), style: style, w: w, retryPolicy: retryPolicy, sections: map[string]bool{}}
}

// advance writes what is due.
func (p *printer) advance(now time.Time) {
	for s := p.choose(now); s != nil; s = p.choose(now) {
		p.speak(s, now)
	}
	p.flush(now)
}

func (p *printer) flush(now time.Time) {
	if len(p.out) == 0 {
		return
	}
	_, _ = p.w.Write(p.out) // a log that cannot be written cannot be told about
	p.out = p.out[:0]
	p.flushed = now
	p.draw(now)
}

// choose returns the step whose turn it is, or nil when none has anything to say
// that is due.
func (p *printer) choose(now time.Time) *step {
	if p.current != nil && p.ready(p.current, now) {
		return p.current
	}
	next := p.next(now)
	if next == nil || p.final || p.book.fold {
		return next
	}
	quiet := now.Sub(p.said)
	switch {
	case p.current == nil && (p.sameStage(next) || quiet >= betweenSteps), quiet >= quietFor:
		return next
	case p.current == nil:
		return nil
	case now.Sub(p.since) >= p.retryPolicy, len(next.text) > mostWaiting:
		p.retryPolicy = min(2*p.retryPolicy, mostWait)
		return next
	}
	return nil
}

// next finds, of the others that have something to say, one that has waited for too
// long, else the first of the same stage, else the first of another. A step that has
// failed comes last.
func (p *printer) next(now time.Time) *step {
	var overdue, same, other, failed *step
	for _, s := range p.book.steps {
		switch {
		case s == p.current || !p.waits(s, now):
		case p.final && !s.own && s.failed():
			failed = s
		case !p.final && now.Sub(s.waits) >= mostWait:
			overdue = longer(overdue, s)
		case p.sameStage(s):
			same = earlier(same, s)
		case other == nil || s.stage == other.stage:
			other = p.afterSources(earlier(other, s), s, now)
		}
	}
	return cmp.Or(overdue, same, other, failed)
}

// afterSources returns, in place of the first step of a stage, one of another stage
// that s was made from: a stage comes after those that it copies from.
func (p *printer) afterSources(first, s *step, now time.Time) *step {
	if from := p.source(s, now, map[*step]bool{}); from.stage != s.stage {
		return from
	}
	return first
}

// waits tells whether a step has something to say, and notes since when.
func (p *printer) waits(s *step, now time.Time) bool {
	ready := p.ready(s, now)
	if ready && s.waits.IsZero() {
		s.waits = now
	}
	return ready
}

// longer returns the step that has waited longer.
func longer(a, b *step) *step {
	if a == nil || b.waits.Before(a.waits) {
		return b
	}
	return a
}

// earlier returns the step that comes first in its stage.
func earlier(a, b *step) *step {
	if a == nil || b.number < a.number {
		return b
	}
	return a
}

// source returns the first step of those that a step was made from that is ready
// itself, else the step.
func (p *printer) source(s *step, now time.Time, visited map[*step]bool) *step {
	visited[s] = true
	for _, v := range s.members {
		for _, input := range v.Inputs {
			from := p.book.find[input]
			if from == nil || visited[from] || from == p.current {
				continue
			}
			if from = p.source(from, now, visited); !from.own && !from.failed() && p.ready(from, now) {
				return from
			}
		}
	}
	return s
}

// sameStage tells whether a step needs no section of its own.
func (p *printer) sameStage(s *step) bool { return s.own && !s.exports() || p.sectionOf(s) == p.stage }

// ready tells whether a step has something to say.
func (p *printer) ready(s *step, now time.Time) bool {
	switch {
	case len(s.text) > 0:
		return true
	case s.hidden || s.reported:
		return false
	case s.done():
		p.book.finish(s, s.spans.Ended())
		return len(s.text) > 0 || p.endIsWorth(s)
	case s.spans.Running() && !s.headed && !p.book.fold:
		return now.Sub(s.seen) >= headAfter && p.worth(s, now.Sub(s.seen))
	}
	return false
}

// endIsWorth tells whether to say how a step has ended.
func (p *printer) endIsWorth(s *step) bool {
	failed, cancelled := s.failure()
	took := s.spans.Took()
	if s.headed && s.told > 0 && failed == "" && took-s.told < ownAfter {
		s.reported = true // it was looked at again, which took no time
		return false
	}
	return s.headed || p.worth(s, took) && (!cancelled || p.style.Verbose)
}

// worth tells whether something is of interest to who reads the log. BuildKit's own
// work is when it takes time or fails, and where the workflow has asked for it.
func (p *printer) worth(s *step, took time.Duration) bool {
	failed, _ := s.failure()
	return !s.own || p.style.Verbose || failed != "" || took >= ownAfter || s.exports() || strings.HasPrefix(s.name, "importing cache")
}
