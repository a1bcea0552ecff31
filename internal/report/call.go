package report

import "strings"

// Asked is what the Dockerfile was asked for in place of a build.
type Asked string

// The things that it can be asked for.
const (
	AskedCheck   Asked = "check"
	AskedOutline Asked = "outline"
	AskedTargets Asked = "targets"
)

// did is what a run that asked has done.
func (a Asked) did() string {
	switch a {
	case AskedCheck:
		return "Checked the Dockerfile"
	case AskedTargets:
		return "Listed the targets of the Dockerfile"
	}
	return "Outlined the Dockerfile"
}

// answer is what came of it.
func (o Outcome) answer() string {
	switch text := strings.Trim(o.Answer, "\n"); {
	case text != "":
		return text
	case o.Asked == AskedCheck:
		return "The checks have found nothing."
	}
	return "It has none."
}

// printAnswer writes an answer line by line: a stranger's Dockerfile is in it.
func (r *Reporter) printAnswer(o Outcome) {
	for line := range strings.Lines(o.answer()) {
		r.Printf("%s", strings.TrimRight(line, "\r\n"))
	}
	r.Printf("%s in %s; nothing was built", o.Asked.did(), round(o.Took))
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
	head := "### " + o.Asked.did() + "\n\nNot published: " + r.words(o.Reason) + ".\n\n"
	return []string{head, codeBlock(r.mask.hide(o.answer())) + "\n", r.facts(o), r.notDone(o)}
}
