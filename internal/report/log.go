package report

import (
	"crypto/rand"
	"io"
	"strings"
	"sync"
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
	r.groups.open()
	r.action.Group(r.mask.hide(title))
	r.action.Infof("::stop-commands::%s", token)
	return r.out, func() {
		r.out.flush()
		r.action.Infof("::%s::", token)
		r.action.EndGroup()
		r.groups.close(r.action.AddMask)
	}
}

// groups keeps the masks that come up while the runner obeys no commands: it
// would print them. It is safe for concurrent use.
type groups struct {
	mu      sync.Mutex
	opened  int
	waiting []string
}

func (g *groups) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened++
}

// tell hands a mask to the runner, or keeps it until it can.
func (g *groups) tell(text string, mask func(string)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened > 0 {
		g.waiting = append(g.waiting, text)
		return
	}
	mask(text)
}

func (g *groups) close(mask func(string)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened--; g.opened > 0 {
		return
	}
	for _, text := range g.waiting {
		mask(text)
	}
	g.waiting = nil
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
