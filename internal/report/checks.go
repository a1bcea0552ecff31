package report

import (
	"fmt"
	"strings"
)

const (
	// maxAnnotation is how much of an annotation the runner keeps: it cuts the end
	// off a longer one, in letters of UTF-16. Here it is bytes, which are never fewer.
	maxAnnotation = 4096
	// maxWarnings is how many warnings of a step GitHub shows: the first
	// (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs).
	maxWarnings = 10
	// mostLogged is how many errors are written at all: whoever has more has made one
	// mistake many times.
	mostLogged = 1000
)

// Check is what a check of the Dockerfile has found.
type Check struct {
	File    string // absolute path; empty where it has no place
	Line    int    // counted from 1; 0 where it has no place
	Message string
}

// Checks writes what checks have found, as warnings where GitHub shows them. It
// comes after all other warnings, of which it takes no place away; what there is no
// room for is counted in the last one, and listed in the log.
func (r *Reporter) Checks(found []Check) {
	room := max(maxWarnings-int(r.warned.Load()), 1)
	if r.action == nil || len(found) <= room {
		room = len(found)
	} else {
		room--
	}
	for _, one := range found[:room] {
		r.Warning(one.File, one.Line, one.Message)
	}
	rest := found[room:]
	if len(rest) == 0 {
		return
	}
	r.Warning("", 0, fmt.Sprintf("and %d more checks of the Dockerfile found something: GitHub shows %d warnings of a step, and the log lists the others", len(rest), maxWarnings))
	for _, one := range rest {
		first, _, _ := strings.Cut(one.Message, "\n")
		r.Printf("check: %s%s", place(r.relative(one.File), one.Line), first)
	}
}

// fit takes out of the middle of a text what an annotation has no room for: the
// beginning says what happened, and the end what to do. Secrets are hidden before,
// since half of one is not recognised.
func fit(text string) string {
	const gap = "\n…\n"
	if len(text) <= maxAnnotation {
		return text
	}
	head := (maxAnnotation - len(gap)) / 3
	tail := len(text) - (maxAnnotation - len(gap) - head)
	return strings.ToValidUTF8(text[:head], "") + gap + strings.ToValidUTF8(text[tail:], "") // not half a letter
}
