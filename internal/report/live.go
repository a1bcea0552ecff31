package report

import (
	"fmt"
	"io"
	"strings"
)

// live is what is shown below the log on a terminal. Every write to the log takes it
// away, until it is drawn again.
type live struct {
	screen screen
	drawn  int // lines that are shown now
}

// Lines are cut, but terminals differ in how wide they take some letters to be, and
// become narrower while something is drawn.
const (
	noWrap = "\x1b[?7l"
	wrap   = "\x1b[?7h"
)

// erase takes what is drawn from the terminal.
func (l *live) erase() string {
	if l.drawn == 0 {
		return ""
	}
	up := l.drawn
	l.drawn = 0
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", up)
}

// draw shows lines below the log, in place of those before. Secrets are looked for
// in whole lines, before the terminal cuts them.
func (w *redactor) draw(lines []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.live.screen.size == nil || w.open {
		return
	}
	lines = lines[:max(0, min(len(lines), w.live.screen.lines()-1))]
	if len(lines) == 0 && w.live.drawn == 0 {
		return
	}
	text := w.live.erase()
	if len(lines) > 0 {
		shown := w.live.screen.fit(w.mask.hide(strings.Join(lines, "\n") + "\n")) // one secret may be several lines
		text += noWrap + shown + wrap
		w.live.drawn = strings.Count(shown, "\n")
	}
	_, _ = io.WriteString(w.next, text) // a terminal that is gone cannot be told
}
