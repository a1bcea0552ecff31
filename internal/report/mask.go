package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

// shortest is the length below which a line of a secret is not looked for: hiding
// every "}" of a JSON secret would hide the log. A secret as a whole always is.
const shortest = 4

// masker knows what must not be shown. It is safe for concurrent use.
type masker struct {
	mu      sync.RWMutex
	secrets []string // longest first, so that a whole secret goes before its lines
}

// add remembers a secret and tells whether it is new.
func (m *masker) add(secret string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if secret == "" || slices.Contains(m.secrets, secret) {
		return false
	}
	m.secrets = append(m.secrets, secret)
	slices.SortStableFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
	return true
}

func (m *masker) hide(text string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, secret := range m.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

func (m *masker) all() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Clone(m.secrets)
}

func (m *masker) empty() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.secrets) == 0
}

// redactor is a writer that hides secrets. It passes on whole lines, so that a
// secret that arrives in two pieces is still one. Nothing is held back once a
// line has ended.
type redactor struct {
	mu   sync.Mutex
	next io.Writer
	mask *masker
	line bytes.Buffer
	open bool // what was passed on last has not ended its line
	live live
}

func (w *redactor) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mask.empty() && w.line.Len() == 0 {
		return w.pass(p)
	}
	w.line.Write(p)
	end := bytes.LastIndexByte(w.line.Bytes(), '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	if _, err := w.pass([]byte(w.mask.hide(string(w.line.Next(end))))); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *redactor) pass(p []byte) (int, error) {
	if len(p) > 0 {
		w.open = p[len(p)-1] != '\n'
		if w.live.drawn > 0 {
			_, _ = io.WriteString(w.next, w.live.erase())
		}
	}
	return w.next.Write(p)
}

// flush passes on a last line that has no end, and ends it: the runner reads a
// command only at the start of a line.
func (w *redactor) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.mask.hide(w.line.String())
	w.line.Reset()
	if rest != "" || w.open {
		_, _ = w.pass([]byte(rest + "\n")) // the log is gone, and nobody left to tell
	}
}

// persistent is a writer that never fails: when nobody reads the log any more,
// the run goes on and cleans up.
type persistent struct{ next io.Writer }

func (w *persistent) Write(p []byte) (int, error) {
	_, _ = w.next.Write(p)
	return len(p), nil
}
