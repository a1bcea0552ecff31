package registry

import (
	"context"
	"fmt"
	"time"
)

// SilentError says that a far end has not answered in time, or has got no further.
// Nobody has said no.
type SilentError struct {
	What   string // did not come, such as "no answer"
	Within time.Duration
}

func (e *SilentError) Error() string { return fmt.Sprintf("%s within %s", e.What, e.Within) }

// logIn returns a context for a login, which lasts no longer than our patience with it.
func (p Patience) logIn(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.Login == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, p.Login, &SilentError{What: "no answer", Within: p.Login})
}
