package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/slipway-build/slipway/internal/duration"
)

// RetryPolicy says how often something is tried that fails transiently, and how long a far
// end may be silent.
type RetryPolicy struct {
	Tries   uint          // in all
	First   time.Duration // between the first and the second; then four times as long each time, all a quarter more or less
	Longest time.Duration // of these waits
	Asked   time.Duration // that a registry may ask to wait; where it wants more, the run fails
	Login   time.Duration // that the requests of a login may be without an answer, together; 0: no limit
	Push    time.Duration // that BuildKit's push may take in all, besides a minute for every 50 MB; 0: no limit
	Silence time.Duration // that an engine's push may get no further; 0: no limit
	Notice  func(Wait)    // is told of every wait as it begins; may be nil
}

// RequestRetryPolicy is for one request: four tries in 11 s, or where the registry
// asks for more time in at most 3 minutes. A login is given up
// after 35 s without an answer: with these waits, and the 10 s in which permission is
// asked for, a registry that never answers costs a minute at most.
func RequestRetryPolicy() RetryPolicy {
	return RetryPolicy{Tries: 4, First: 500 * time.Millisecond, Longest: 8 * time.Second, Asked: time.Minute, Login: 35 * time.Second}
}

// PushRetryPolicy is for the push of a whole image, which is worth more: four tries
// in 40 s besides what they take, or in at most 3 minutes. One that falls silent fails
// transiently, too.
func PushRetryPolicy() RetryPolicy {
	return RetryPolicy{
		Tries: 4, First: 2 * time.Second, Longest: 30 * time.Second, Asked: time.Minute,
		Push: 10 * time.Minute, Silence: 5 * time.Minute,
	}
}

// Wait is a wait before something is tried again.
type Wait struct {
	Host   string
	Reason string
	For    time.Duration
	Asked  bool // the registry wants it so
	Next   uint // the try that follows, counted from 1
	Of     uint
}

func (w Wait) String() string {
	if w.Asked {
		return fmt.Sprintf("%s asks to wait %s (%s); trying again (%d of %d)", w.Host, duration.Text(w.For), w.Reason, w.Next, w.Of)
	}
	return fmt.Sprintf("%s: %s; trying again in %s (%d of %d)", w.Host, w.Reason, duration.Text(w.For), w.Next, w.Of)
}

// GaveUpError says that something failed more than once, or that the registry
// wants to be left alone for longer than we wait.
type GaveUpError struct {
	Tries uint
	Host  string
	Wants time.Duration // more than the retry policy allows; 0 where it was the tries that ran out
	Until time.Time     // when that is over
	cause error
}

func (e *GaveUpError) Error() string {
	text := e.cause.Error()
	if e.Tries > 1 {
		text = fmt.Sprintf("after %d attempts: %s", e.Tries, text)
	}
	if e.Wants > 0 {
		text += "\n" + e.wish()
	}
	return text
}

// wish is when the registry wants to be asked again.
func (e *GaveUpError) wish() string {
	return fmt.Sprintf("%s asks to wait %s; run this again after %s", e.Host, duration.Text(e.Wants), e.Until.UTC().Format("15:04:05 MST on 2 January"))
}

// Unwrap returns why the last attempt failed.
func (e *GaveUpError) Unwrap() error { return e.cause }

// GaveUp tells whether err is of something that seemed to pass, and did not.
func GaveUp(err error) bool {
	var gaveUp *GaveUpError
	return errors.As(err, &gaveUp)
}

// Again does something until it succeeds or fails in a way that does not pass.
// Its waits end with the context. Of something that was tried once only and whose
// failure lasts, the error is returned as it is, and else a *GaveUpError.
func (p RetryPolicy) Again(ctx context.Context, do func() (RetryDecision, error)) error {
	p.Tries = max(p.Tries, 1)
	attempt := &attempts{RetryPolicy: p, waits: p.schedule()}
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, attempt.make(ctx, do) },
		backoff.WithBackOff(attempt), backoff.WithMaxTries(p.Tries), backoff.WithMaxElapsedTime(0))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && attempt.waiting:
		return fmt.Errorf("%w, while waiting to try again after: %v", context.Cause(ctx), attempt.last) //nolint:errorlint // the one cause is that the time is over
	case ctx.Err() != nil:
		return attempt.last
	case attempt.tries > 1 || attempt.wants > 0:
		return &GaveUpError{Tries: attempt.tries, Host: attempt.decision.Host, Wants: attempt.wants, Until: attempt.until, cause: attempt.last}
	}
	return attempt.last
}

// schedule is the library's: the waits grow, and are scattered so that runs which
// failed together do not come back together.
func (p RetryPolicy) schedule() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{InitialInterval: p.First, RandomizationFactor: 0.25, Multiplier: 4, MaxInterval: p.Longest}
}

// attempts is where one call of Again is.
type attempts struct {
	RetryPolicy
	waits    *backoff.ExponentialBackOff
	tries    uint
	decision RetryDecision // on the last try
	last     error         // its error
	waiting  bool          // since then
	wants    time.Duration
	until    time.Time
}

// make tries once more.
func (a *attempts) make(ctx context.Context, do func() (RetryDecision, error)) error {
	a.tries++
	a.waiting = false
	a.decision, a.last = do()
	switch {
	case a.last == nil:
		return nil
	case !a.decision.Transient || ctx.Err() != nil:
		return backoff.Permanent(a.last)
	case a.decision.After > a.Asked:
		a.wants = a.decision.After
		a.until = time.Now().Add(a.wants) //nolint:forbidigo // when to come back is for people and their clocks
		return backoff.Permanent(a.last)
	}
	return a.last
}

// NextBackOff is the next wait: the schedule's, or longer where the registry asks
// for it.
func (a *attempts) NextBackOff() time.Duration {
	wait := Wait{Host: a.decision.Host, Reason: a.decision.Reason, For: a.waits.NextBackOff(), Next: a.tries + 1, Of: a.Tries}
	if a.decision.After > wait.For {
		wait.For, wait.Asked = a.decision.After, true
	}
	a.waiting = true
	if a.Notice != nil {
		a.Notice(wait)
	}
	return wait.For
}

// Reset begins the schedule.
func (a *attempts) Reset() { a.waits.Reset() }
