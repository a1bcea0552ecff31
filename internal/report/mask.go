package report

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/slipway-build/slipway/internal/redact"
)

const (
	// shortestLine is the length below which a line of a secret is not looked for:
	// hiding every "}" of a JSON secret would hide the log. A secret as a whole is.
	shortestLine = 4
	// longestLines is the size in bytes of a secret above which its lines are looked
	// for only as they are: every line has some 16 encodings, and every line of the
	// log is searched for all of them.
	longestLines = 16 << 10
)

const stars = "***"

// masker knows what must not be shown. It is safe for concurrent use.
type masker struct {
	mu      sync.Mutex
	known   map[string]bool
	secrets []string // longest first, so that a whole secret goes before its lines; nil: not sorted since the last add
}

// add remembers a secret and tells whether it is new.
func (m *masker) add(secret string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if secret == "" || m.known[secret] {
		return false
	}
	if m.known == nil {
		m.known = map[string]bool{}
	}
	m.known[secret], m.secrets = true, nil
	return true
}

// hide hides what is known, and every password in a URL.
func (m *masker) hide(text string) string {
	for _, secret := range m.all() {
		text = strings.ReplaceAll(text, secret, stars)
	}
	return redact.URLPasswords(text, func(string) string { return stars })
}

// all returns what is hidden, which nobody changes.
func (m *masker) all() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.secrets == nil {
		m.secrets = make([]string, 0, len(m.known))
		for secret := range m.known {
			m.secrets = append(m.secrets, secret)
		}
		slices.SortFunc(m.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	}
	return m.secrets
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
