package action

import (
	"context"
	"errors"
)

// permission is the registries' answer to whether this run may push. It is asked
// for while the build starts, which waits for it where it would need it.
type permission struct {
	known  chan struct{}
	answer error // nil: yes, or nobody said no; written before known is closed
}

func newPermission() *permission { return &permission{known: make(chan struct{})} }

// give makes the answer known, and returns it.
func (p *permission) give(answer error) error {
	p.answer = answer
	close(p.known)
	return answer
}

// wait returns the answer as soon as it is known.
func (p *permission) wait(ctx context.Context) error {
	select {
	case <-p.known:
		return p.answer
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// refused tells whether a run ended with err because the answer was no.
func (p *permission) refused(err error) bool {
	return p.answer != nil && errors.Is(err, p.answer)
}
