package registry

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// SilentError says that a far end has not answered in time, or has got no further.
// Nobody has said no.
type SilentError struct {
	What   string // did not come, such as "no answer"
	Within time.Duration
}

func (e *SilentError) Error() string { return fmt.Sprintf("%s within %s", e.What, e.Within) }

type silenceKey struct{}

// silence is how long the requests of a login may still go without an answer. Waits that
// a registry asks for do not count.
type silence struct {
	mu   sync.Mutex
	all  time.Duration
	left time.Duration
}

// logIn returns a context for a login, whose requests together are not without an answer
// for longer than the retry policy allows.
func (p RetryPolicy) logIn(ctx context.Context) context.Context {
	if p.Login == 0 {
		return ctx
	}
	return context.WithValue(ctx, silenceKey{}, &silence{all: p.Login, left: p.Login})
}

// listen returns a context for one request of a login, or of anything else, and what is to
// be called when it is over.
func listen(ctx context.Context) (listening context.Context, over func(answered bool)) {
	s, found := ctx.Value(silenceKey{}).(*silence)
	if !found {
		return ctx, func(bool) {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	began := time.Now() //nolint:forbidigo // how long something takes is a fact of the clock
	listening, cancel := context.WithTimeoutCause(ctx, s.left, &SilentError{What: "no answer", Within: s.all})
	return listening, func(answered bool) {
		cancel()
		if !answered {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.left -= time.Since(began)
		}
	}
}
