package report

import (
	"io"
	"strings"
	"sync"
	"time"
)

// Held is a group of the log that is shown only once it may be: what is written
// before Open waits, at most for holdFor, and is not shown when Close comes
// first. A group that nothing is written to is not shown either. It is safe for
// concurrent use.
type Held struct {
	reporter *Reporter
	timer    *time.Timer

	mu         sync.Mutex
	title      string
	waiting    []section
	allowed    bool
	log        io.Writer // nil before the first line is shown
	closeGroup func()
}

// section is what waits of one group.
type section struct {
	title string
	text  strings.Builder
}

// holdFor is how long a group is held back: longer, and a reader would take the
// run for one that hangs.
const holdFor = time.Second

// Hold returns a group that is not shown yet.
func (r *Reporter) Hold(title string) *Held {
	h := &Held{reporter: r, title: title}
	h.timer = time.AfterFunc(holdFor, h.Open)
	return h
}

// Write adds to the group.
func (h *Held) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.allowed {
		last := len(h.waiting) - 1
		if last < 0 || h.waiting[last].title != h.title {
			h.waiting = append(h.waiting, section{title: h.title})
			last++
		}
		return h.waiting[last].text.Write(p)
	}
	h.show(h.title)
	return h.log.Write(p)
}

// Section ends the group, and puts what is written from now on into another, with
// this title. It may hold what a stranger has chosen.
func (h *Held) Section(title string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.title = title
	h.hide()
}

// Open shows what has been written, and from now on what will be.
func (h *Held) Open() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.allowed = true
	for i := range h.waiting {
		h.hide()
		h.show(h.waiting[i].title)
		_, _ = io.WriteString(h.log, h.waiting[i].text.String()) // a log that cannot be written cannot be told about
	}
	if last := len(h.waiting) - 1; last >= 0 && h.waiting[last].title != h.title {
		h.hide()
	}
	h.waiting = nil
}

// show begins a group unless one is open.
func (h *Held) show(title string) {
	if h.log == nil {
		h.log, h.closeGroup = h.reporter.Group(title)
	}
}

// hide ends the group that is open, if any.
func (h *Held) hide() {
	if h.closeGroup != nil {
		h.closeGroup()
	}
	h.log, h.closeGroup = nil, nil
}

// Draw shows lines below the log on a terminal, in place of those before, as soon
// as the log is shown. They are whole: what does not fit is left out.
func (h *Held) Draw(lines []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.allowed {
		h.reporter.out.draw(lines)
	}
}

// Rows is how many lines the terminal has, or 0 where there is none.
func (h *Held) Rows() int { return h.reporter.screen.lines() }

// Close ends the group. Nothing may be written after it.
func (h *Held) Close() {
	h.timer.Stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting = nil
	h.hide()
	h.reporter.out.draw(nil)
}
