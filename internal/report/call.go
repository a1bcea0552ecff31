package report

import (
	"strings"

	"github.com/slipway-build/slipway/internal/duration"
	"github.com/slipway-build/slipway/internal/inputs"
)

// did is what a run that asked has done.
func did(a inputs.Call) string {
	switch a {
	case inputs.CallCheck:
		return "Checked the Dockerfile"
	case inputs.CallTargets:
		return "Listed the targets of the Dockerfile"
	}
	return "Outlined the Dockerfile"
}

// answer is what came of it.
func (o Outcome) answer() string {
	switch text := strings.Trim(o.Answer, "\n"); {
	case text != "":
		return text
	case o.Asked == inputs.CallCheck:
		return "The checks have found nothing."
	}
	return "It has none."
}

// printAnswer writes an answer line by line: a stranger's Dockerfile is in it.
func (r *Reporter) printAnswer(o Outcome) {
	for line := range strings.Lines(o.answer()) {
		r.Printf("%s", strings.TrimRight(line, "\r\n"))
	}
	r.Printf("%s in %s; nothing was built", did(o.Asked), duration.Text(o.Took))
}

// summaryOf is that of a run that did what it was to do.
func (r *Reporter) summaryOf(o Outcome) []string {
	if o.Asked != "" {
		return r.answerSummary(o)
	}
	return r.successSummary(o)
}

// answerSummary is the summary of a run that built nothing.
func (r *Reporter) answerSummary(o Outcome) []string {
	head := "### " + did(o.Asked) + "\n\nNot published: " + r.words(o.Reason) + ".\n\n"
	return []string{head, codeBlock(r.mask.hide(o.answer())) + "\n", r.facts(o), r.notDone(o)}
}
