package report

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-build/slipway/internal/duration"
	"github.com/slipway-build/slipway/internal/trace"
)

const (
	mostBars = 40 // in the picture
	// Letters of a bar's label: more has no room beside a bar in the middle of a
	// page of GitHub's.
	labelSize   = 40
	sectionSize = 32
	letterWidth = 7 // of a section's name, in pixels
)

// origin is when a picture's build begins. Mermaid reads and shows it in the time
// of whoever looks, which no time zone changes in that night.
var origin = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// timeline draws a build as a Gantt chart of Mermaid's, which GitHub renders
// (https://mermaid.js.org/syntax/gantt.html). It is empty where there is nothing to
// draw.
func timeline(b trace.Build) string {
	steps, left := shownSteps(b, mostBars)
	if len(steps) == 0 {
		return ""
	}
	var chart strings.Builder
	format, tick := axis(whole(b))
	fmt.Fprintf(&chart, "```mermaid\n%s\ngantt\n    dateFormat YYYY-MM-DD HH:mm:ss.SSS\n    axisFormat %s\n    tickInterval %s\n    todayMarker off\n", layout(steps), format, tick)
	section := "\n" // none yet
	for _, one := range steps {
		if where(one) != section {
			section = where(one)
			fmt.Fprintf(&chart, "    section %s\n", label(section, sectionSize))
		}
		fmt.Fprintf(&chart, "    %s :%s%s, %s\n", label(titleOf(one, labelSize), labelSize)+" "+note(one, "failed after "), look(one), moment(one.Began), moment(max(one.Ended, one.Began+time.Millisecond)))
	}
	chart.WriteString("```\n")
	if left > 0 {
		fmt.Fprintf(&chart, "\nNot drawn: %s that took next to no time.\n", plural(left, "more step"))
	}
	return chart.String()
}

// layout leaves room for the names of the sections; only two
// colours take turns behind the bars.
func layout(steps []trace.Step) string {
	widest := 0
	for _, one := range steps {
		widest = max(widest, utf8.RuneCountInString(cut(where(one), sectionSize)))
	}
	return fmt.Sprintf(`%%%%{init: {"gantt": {"leftPadding": %d, "numberSectionStyles": 2}}}%%%%`, 20+widest*letterWidth)
}

// note says what a bar alone does not show: the time, or of a step that failed that
// in the words given.
func note(s trace.Step, failed string) string {
	switch {
	case s.Failed:
		return failed + duration.Text(s.Took)
	case s.Cached:
		return "cached"
	}
	return duration.Text(s.Took)
}

// look is how Mermaid draws a step: grey, red, or as any other.
func look(s trace.Step) string {
	switch {
	case s.Failed:
		return "crit, "
	case s.Cached:
		return "done, "
	case s.Own:
		return "active, "
	}
	return ""
}

func moment(d time.Duration) string { return origin.Add(d).Format("2006-01-02 15:04:05.000") }

// axis returns how the time is written below a chart, and how often: some six
// times.
func axis(whole time.Duration) (format, tick string) {
	steps := []struct {
		every        time.Duration
		format, tick string
	}{
		{10 * time.Millisecond, "%S.%Ls", "10millisecond"},
		{50 * time.Millisecond, "%S.%Ls", "50millisecond"},
		{100 * time.Millisecond, "%S.%Ls", "100millisecond"},
		{500 * time.Millisecond, "%S.%Ls", "500millisecond"},
		{time.Second, "%M:%S", "1second"},
		{5 * time.Second, "%M:%S", "5second"},
		{10 * time.Second, "%M:%S", "10second"},
		{30 * time.Second, "%M:%S", "30second"},
		{time.Minute, "%M:%S", "1minute"},
		{5 * time.Minute, "%H:%M", "5minute"},
		{10 * time.Minute, "%H:%M", "10minute"},
		{30 * time.Minute, "%H:%M", "30minute"},
		{time.Hour, "%H:%M", "1hour"},
	}
	for _, one := range steps {
		if whole <= 8*one.every {
			return one.format, one.tick
		}
	}
	return "%H:%M", "6hour"
}

// How a line may begin: with what begins most names of steps, and no line of Mermaid's.
var beginnings = regexp.MustCompile(`^(?:RUN|COPY|ADD|FROM|WORKDIR|load|importing|exporting) `)

// label writes one line of a stranger's text where Mermaid, Markdown and HTML find
// nothing in it to obey: letters, digits and some signs as they are, everything else
// by its number, as Mermaid reads it. The first letter is a number, too, where it is
// not known that no line of Mermaid's begins so.
func label(text string, most int) string {
	var b strings.Builder
	text = cut(text, most)
	known := beginnings.MatchString(text)
	for i, c := range []rune(text) {
		if c == ' ' || (i > 0 || known) && harmless(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "#%d;", c)
		}
	}
	if b.Len() == 0 {
		return "#45;" // a dash: a section or a task without a name is none
	}
	return b.String()
}

// cut cuts one line to what Mermaid takes for so many letters: when it measures how
// wide a label is, it has not put in the letters for the numbers.
func cut(text string, most int) string {
	text = shorten(text, most)
	const number = len("#8482;")
	room := most
	for i, c := range text {
		if room--; !harmless(c) && c != ' ' {
			room -= number - 1
		} else if c >= 0x1100 { // from there on letters may be twice as wide
			room--
		}
		if room < 0 {
			return strings.TrimSpace(text[:i]) + "…"
		}
	}
	return text
}

// harmless tells what means nothing to anybody. Mermaid writes numbers with a
// ligature of its own.
func harmless(c rune) bool {
	if c < unicode.MaxASCII {
		return unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("-./=,+_@!?*()[]|'\"&", c)
	}
	return c == '…' || c != 'ﬂ' && unicode.IsLetter(c)
}
