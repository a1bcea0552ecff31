package inputs

import (
	"errors"
	"fmt"
	"slices"
)

// Error is one input that cannot be used. Parse joins all of them.
type Error struct {
	Input   string // name as in action.yml
	Problem string // the value and what is wrong with it; never a secret's value
	Accepts string // what is accepted instead
}

func (e *Error) Error() string {
	return fmt.Sprintf("input %q: %s; accepted: %s", e.Input, e.Problem, e.Accepts)
}

// wrong tells whether a mistake in an input has been found.
func (p *problems) wrong(input string) bool {
	return slices.ContainsFunc(p.errs, func(err error) bool {
		mistake := (*Error)(nil)
		return errors.As(err, &mistake) && mistake.Input == input
	})
}

// problems collects every mistake before any is reported.
type problems struct{ errs []error }

func (p *problems) add(input, accepts, format string, args ...any) {
	p.errs = append(p.errs, &Error{Input: input, Problem: fmt.Sprintf(format, args...), Accepts: accepts})
}
