package report

import (
	"crypto/rand"
	"io"
	"strings"
)

// Group opens a collapsed part of the log for text that a stranger controls,
// such as the output of a build, and returns its writer and the function that
// closes it. Inside, the runner obeys no commands.
func (r *Reporter) Group(title string) (log io.Writer, closeGroup func()) {
	if r.action == nil {
		return r.out, r.out.flush
	}
	// Nobody can guess the word that ends it.
	token := rand.Text()
	r.action.Group(title)
	r.action.Infof("::stop-commands::%s", token)
	return r.out, func() {
		r.out.flush()
		r.action.Infof("::%s::", token)
		r.action.EndGroup()
	}
}

// inert makes one line of any text that the runner takes no command from: it
// reads ::name:: at the start of a line, and ##[name] anywhere in it
// (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
func inert(text string) string {
	text = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "##[", "## [").Replace(text)
	if strings.HasPrefix(strings.TrimSpace(text), "::") {
		text = strings.Replace(text, "::", ": :", 1)
	}
	return text
}
