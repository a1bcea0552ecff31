// Package advice is the form of an error that says what to do.
package advice

import "fmt"

// Error is a decision that cannot be taken: what was being decided, why it
// fails and what the workflow author can do.
type Error struct {
	Doing  string
	Reason string
	Advice string
	Cause  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s; %s", e.Doing, e.Reason, e.Advice)
}

// Unwrap returns what caused the error, or nil.
func (e *Error) Unwrap() error { return e.Cause }
