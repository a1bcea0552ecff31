package progress

import (
	"fmt"
	"time"
)

const (
	liveAfter = 100 * time.Millisecond // what is done sooner only flickers
	mostTail  = 6                      // lines of a step's output
)

func (p *printer) draw(now time.Time) {
	switch {
	case p.style.Screen == nil:
	case p.final:
		p.style.Screen.Draw(nil)
	default:
		p.style.Screen.Draw(p.live(now))
	}
}

// live returns the lines of a terminal that say what runs now: every step with its
// clock and the last of its output, as far as there is room.
func (p *printer) live(now time.Time) []string {
	var running []*step
	for _, s := range p.book.steps {
		if s.spans.Running() && !s.hidden && now.Sub(s.seen) >= liveAfter {
			running = append(running, s)
		}
	}
	room := p.style.Screen.Rows() - 2
	if len(running) > room {
		running = running[:max(room, 0)]
	}
	if len(running) == 0 {
		return nil
	}
	tail := min((room-len(running))/len(running), mostTail)
	var lines []string
	for _, s := range running {
		lines = append(lines, fmt.Sprintf("%6.1fs %s", now.Sub(s.seen).Seconds(), p.paint(bold, shown(s.name))))
		lines = append(lines, s.tail[max(0, len(s.tail)-tail):]...)
	}
	return lines
}
