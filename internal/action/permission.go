package action

import (
	"context"
	"errors"
)

// permission is the registries' answer to whether this run may push. It is asked
// for while the build starts, which waits for it where it would need it.
type permission struct {
	known   chan struct{}
	answer  error         // nil: yes, or nobody said no; written before known is closed
	doubted chan struct{} // closed when a registry cannot be reached from here
}

func newPermission() *permission {
	return &permission{known: make(chan struct{}), doubted: make(chan struct{})}
}

// doubt makes known that a registry cannot be reached from here, and that the
// builder is asked. It is called at most once.
func (p *permission) doubt() { close(p.doubted) }

// inDoubt tells whether doubt has been called.
func (p *permission) inDoubt() bool {
	select {
	case <-p.doubted:
		return true
	default:
		return false
	}
}

// settle waits for the answer where it is in doubt, and nowhere else.
func (p *permission) settle(ctx context.Context) error {
	if p.inDoubt() {
		return p.wait(ctx)
	}
	return nil
}

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

// before returns wait for a run that asked for permission, and nil for one that
// did not: it does not wait.
func (p *permission) before(asked bool) func(context.Context) error {
	if !asked {
		return nil
	}
	return p.wait
}
