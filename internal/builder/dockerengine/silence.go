package dockerengine

import (
	"context"
	"errors"
	"time"

	"github.com/slipway-build/slipway/internal/registry"
)

// listen returns a context that ends with a *registry.SilentError if heard is not called
// for so long: what did not come then. 0 is no limit.
func listen(ctx context.Context, what string, silence time.Duration) (listening context.Context, heard, stop func()) {
	listening, end := context.WithCancelCause(ctx)
	if silence == 0 {
		return listening, func() {}, func() { end(nil) }
	}
	timer := time.AfterFunc(silence, func() { end(&registry.SilentError{What: what, Within: silence}) })
	return listening, func() { timer.Reset(silence) }, func() {
		timer.Stop()
		end(nil)
	}
}

// silent returns why a context of listen has ended, if it was silence, or nil.
func silent(listening context.Context) error {
	var silence *registry.SilentError
	if errors.As(context.Cause(listening), &silence) {
		return silence
	}
	return nil
}
