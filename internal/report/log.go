package report

import (
	"crypto/rand"
	"io"
)

// Group opens a collapsed part of the log for text that a stranger controls,
// such as the output of a build, and returns its writer and the function that
// closes it. Inside, the runner obeys no commands.
func (r *Reporter) Group(title string) (log io.Writer, closeGroup func()) {
	if r.action == nil {
		return r.out, func() {}
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
