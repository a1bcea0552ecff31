package launch

import (
	"bytes"
	"sync"
)

// tailSize is how much of a daemon's log is kept for an error, in bytes.
const tailSize = 4096

// Tail is a writer that keeps the end of what it is given. It is safe for
// concurrent use.
type Tail struct {
	mu  sync.Mutex
	end []byte
}

func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if extra := len(t.end) - tailSize; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	return len(p), nil
}

func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.end))
}
