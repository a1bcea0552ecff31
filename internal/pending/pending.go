// Package pending holds answers that are on their way while something else is done.
package pending

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Answer is one that is on its way, or has come. It is safe for concurrent use.
type Answer[T any] struct {
	done  chan struct{}
	value T // as err, written before done is closed
	err   error
}

// Begin asks, and returns at once. The question ends with ctx, which need not be that
// of anybody who waits, and otherwise after within; 0 is no limit.
func Begin[T any](ctx context.Context, within time.Duration, ask func(context.Context) (T, error)) *Answer[T] {
	a := &Answer[T]{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		asking, cancel := limited(ctx, within)
		defer cancel()
		a.value, a.err = ask(asking)
	}()
	return a
}

func limited(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	if within <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, within, fmt.Errorf("no answer within %s", within))
}

// Wait returns the answer as soon as it has come. If ctx ends before, it returns why.
func (a *Answer[T]) Wait(ctx context.Context) (T, error) {
	select {
	case <-a.done:
		return a.value, a.err
	default:
	}
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// Failed tells whether the answer has come, and is an error.
func (a *Answer[T]) Failed() bool { return a.Come() && a.err != nil }

// Come tells whether the answer has come: Wait would not wait.
func (a *Answer[T]) Come() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// Question is asked once, by whoever needs the answer first. It is safe for
// concurrent use.
type Question[T any] struct {
	within time.Duration
	ask    func(context.Context) (T, error)
	once   sync.Once
	answer *Answer[T]
}

// NewQuestion returns a question that is not asked yet; within is as in Begin.
func NewQuestion[T any](within time.Duration, ask func(context.Context) (T, error)) *Question[T] {
	return &Question[T]{within: within, ask: ask}
}

// Begin asks, unless somebody has before, and returns at once.
func (q *Question[T]) Begin(ctx context.Context) *Answer[T] {
	q.once.Do(func() { q.answer = Begin(ctx, q.within, q.ask) })
	return q.answer
}
