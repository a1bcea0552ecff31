package report

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// Held is a group of the log that is shown only once it may be: what is written
// before Open waits, at most for holdFor, and is not shown when Close comes
// first. A group that nothing is written to is not shown either. It is safe for
// concurrent use.
type Held struct {
	reporter *Reporter
	title    string
	timer    *time.Timer

	mu         sync.Mutex
	waiting    bytes.Buffer
	allowed    bool
	log        io.Writer // nil before the first line is shown
	closeGroup func()
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
		return h.waiting.Write(p)
	}
	h.show()
	return h.log.Write(p)
}

// Open shows what has been written, and from now on what will be.
func (h *Held) Open() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.allowed = true
	if h.waiting.Len() > 0 {
		h.show()
		_, _ = h.waiting.WriteTo(h.log) // a log that cannot be written cannot be told about
	}
}

func (h *Held) show() {
	if h.log == nil {
		h.log, h.closeGroup = h.reporter.Group(h.title)
	}
}

// Close ends the group. Nothing may be written after it.
func (h *Held) Close() {
	h.timer.Stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting.Reset()
	if h.closeGroup != nil {
		h.closeGroup()
	}
}
