package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/duration"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/terminal"
	"github.com/slipway-build/slipway/internal/trace"
)

const (
	defaultWidth = 80 // columns, where nobody tells
	leastWidth   = 60 // below which the terminal folds lines
	mostLines    = 20 // bars on a terminal
)

// screen is a terminal, or a file that takes what one would show.
type screen struct {
	size   func() (columns, lines int) // nil: it is no terminal
	colour bool
}

// width is in columns.
func (s screen) width() int {
	columns := 0
	if s.size != nil {
		columns, _ = s.size()
	}
	return max(cmp.Or(columns, defaultWidth), leastWidth)
}

// lines is how many it has, 0 where nothing can be drawn.
func (s screen) lines() int {
	if s.size == nil {
		return 0
	}
	_, lines := s.size()
	return lines
}

// fit cuts lines at the edge of a terminal that says where that is.
func (s screen) fit(text string) string {
	columns, _ := s.size()
	if columns < 1 {
		return text
	}
	var cut strings.Builder
	for line := range strings.Lines(text) {
		cut.WriteString(terminal.Cut(strings.TrimSuffix(line, "\n"), columns, "…") + "\n")
	}
	return cut.String()
}

const (
	dim  = "2"
	red  = "31"
	cyan = "36"
)

func (s screen) paint(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// printDetails draws for a terminal what the summary has beyond the last lines of the
// log.
func (r *Reporter) printDetails(o Outcome) {
	r.printSizes(o)
	for _, unmoved := range o.Unmoved {
		r.Printf("  stays   %s: %s", host.Shown(unmoved.Tag.Name()), unmoved.Reason)
	}
	r.printBuilt()
}

func (r *Reporter) printSizes(o Outcome) {
	widest, heaviest := 0, 0
	for _, one := range o.Sizes {
		widest, heaviest = max(widest, len(one.Platform)), max(heaviest, len(bytesOf(one.Bytes)))
	}
	for _, one := range o.Sizes {
		if one.Bytes == 0 {
			continue
		}
		change := one.change()
		if one.Before > 0 && change != "" {
			change += " (" + o.Against.TagStr() + " before)"
		}
		r.Printf("%s", strings.TrimRight(fmt.Sprintf("  size    %-*s  %*s  %s", widest, one.Platform, heaviest, bytesOf(one.Bytes), change), " "))
	}
}

// printBuilt draws the steps that took longest as bars on a line of time.
func (r *Reporter) printBuilt() {
	if r.built.Steps == 0 {
		return
	}
	whole := whole(r.built)
	steps, left := shownSteps(r.built, mostLines)
	r.Printf("  steps   %s, in %s", hits(r.built), duration.Text(whole))
	width := r.screen.width()
	names, times := width*45/100, len("failed 00m 00s")
	section := ""
	for _, one := range steps {
		if where := where(one); where != section {
			section = where
			fmt.Fprintf(r.out, "  %s\n", r.screen.paint(dim, shorten(where, width-2)))
		}
		title := titleOf(one, names)
		title += strings.Repeat(" ", max(0, names-terminal.Width(title)))
		fmt.Fprintf(r.out, "    %s %s%*s\n", title, r.bar(one, whole, width-names-times-5), times, note(one, "failed "))
	}
	if left > 0 {
		r.Printf("  and %s that took next to no time", plural(left, "more step"))
	}
}

// bar draws from when to when a step was at work.
func (r *Reporter) bar(one trace.Step, whole time.Duration, width int) string {
	if whole <= 0 || width < 1 {
		return ""
	}
	from := min(int(int64(width)*int64(one.Began)/int64(whole)), width-1)
	to := min(max(int(int64(width)*int64(one.Ended)/int64(whole)), from+1), width)
	mark, code := "█", cyan
	switch {
	case one.Failed:
		code = red
	case one.Cached:
		mark, code = "·", dim
	}
	return strings.Repeat(" ", from) + r.screen.paint(code, strings.Repeat(mark, to-from)) + strings.Repeat(" ", width-to)
}
