package pending_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/pending"
)

// TestEachWaiterLeavesByItself has two wait for an answer: the one whose context ends
// leaves, and the other gets the answer.
func TestEachWaiterLeavesByItself(t *testing.T) {
	t.Parallel()
	come := make(chan struct{})
	answer := pending.Begin(t.Context(), 0, func(ctx context.Context) (int, error) {
		select {
		case <-come:
			return 42, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	})
	cause := errors.New("enough")
	leaving, leave := context.WithCancelCause(t.Context())
	leave(cause)
	if got, err := answer.Wait(leaving); got != 0 || !errors.Is(err, cause) {
		t.Errorf("Wait = %d, %v, want why the context has ended", got, err)
	}
	if answer.Failed() {
		t.Error("the answer has failed with one who waited for it")
	}
	close(come)
	if got, err := answer.Wait(t.Context()); got != 42 || err != nil {
		t.Errorf("Wait = %d, %v, want the answer", got, err)
	}
	if got, err := answer.Wait(leaving); got != 42 || err != nil {
		t.Errorf("Wait = %d, %v, want the answer that is there, whoever asks", got, err)
	}
}

// TestQuestionEnds has nobody answer: the question ends with its context, and after
// its time.
func TestQuestionEnds(t *testing.T) {
	t.Parallel()
	silent := func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, context.Cause(ctx)
	}
	ending, end := context.WithCancelCause(t.Context())
	end(errors.New("the run ends"))
	for want, answer := range map[string]*pending.Answer[int]{
		"the run ends":         pending.Begin(ending, time.Hour, silent),
		"no answer within 1ms": pending.Begin(t.Context(), time.Millisecond, silent),
	} {
		if _, err := answer.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), want) || !answer.Failed() {
			t.Errorf("Wait = %v, failed %t, want that it says %q", err, answer.Failed(), want)
		}
	}
}
