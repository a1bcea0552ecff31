package inputs

import "fmt"

// Error is one input that cannot be used. Parse joins all of them.
type Error struct {
	Input   string // name as in action.yml
	Problem string // the value and what is wrong with it; never a secret's value
	Accepts string // what is accepted instead
}

func (e *Error) Error() string {
	return fmt.Sprintf("input %q: %s; accepted: %s", e.Input, e.Problem, e.Accepts)
}

// problems collects every mistake before any is reported.
type problems struct{ errs []error }

func (p *problems) add(input, accepts, format string, args ...any) {
	p.errs = append(p.errs, &Error{Input: input, Problem: fmt.Sprintf(format, args...), Accepts: accepts})
}
