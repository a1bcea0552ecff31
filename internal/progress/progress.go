// Package progress turns the statuses of a solve into lines for people: in the
// log of a workflow, in a file, and on a terminal.
package progress

import (
	"io"
	"time"

	"github.com/moby/buildkit/client"
)

// Style is how progress is shown. The zero value is plain text.
type Style struct {
	Verbose bool // also BuildKit's own work, every transfer, and the digests that decide about the cache
	Colours bool // with ANSI colours: ours, and those of the steps' output
	// Section is told the title of each part before it is written: a stage's, or the
	// export's. What comes before the first call is BuildKit's own work. It may be nil.
	Section func(title string)
	// Screen is a terminal that shows what runs, below what was written. There, the
	// output of steps that succeed is shown only as long as they run, unless Verbose
	// is set. It may be nil.
	Screen Screen
}

// Screen is a terminal's last lines.
type Screen interface {
	// Draw shows these lines in place of the ones before.
	Draw(lines []string)
	// Rows is how many lines the terminal has.
	Rows() int
}

const (
	tick = 100 * time.Millisecond
	// flushAfter is how soon the next lines are written: a system call for every line
	// costs more than all else here.
	flushAfter = 50 * time.Millisecond
)

// Show writes what the statuses say until their channel is closed. Each is also told
// to note.
func Show(w io.Writer, statuses <-chan *client.SolveStatus, style Style, note func(*client.SolveStatus)) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	p := newPrinter(w, style)
	for {
		select {
		case status, ok := <-statuses:
			now := time.Now() //nolint:forbidigo // lines are grouped by how long they have waited
			if !ok {
				p.end(now)
				return
			}
			note(status)
			p.update(status, now)
		case now := <-ticker.C:
			p.tick(now)
		}
	}
}

// update takes a status in, and writes unless something was written just now.
func (p *printer) update(status *client.SolveStatus, now time.Time) {
	p.book.apply(status, now)
	if p.said.IsZero() {
		p.said = now
	}
	if now.Sub(p.flushed) >= flushAfter {
		p.advance(now)
	}
}

// tick does what is due.
func (p *printer) tick(now time.Time) {
	p.advance(now)
	p.draw(now)
}

// end writes all that waits.
func (p *printer) end(now time.Time) {
	p.book.end()
	p.final = true
	p.advance(now)
	p.draw(now)
}
