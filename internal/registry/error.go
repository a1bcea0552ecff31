package registry

import (
	"fmt"
	"net/http"
	"strings"
)

// Error is a registry's refusal with what it means and what to do about it.
type Error struct {
	Doing   string
	Verdict Verdict // empty where nothing is known
	Denied  bool    // the registry answered that the credentials may not do this
	host    string
	refusal Refusal
	cause   error
}

// Error says what was being done, what happened, why, what to do, and what the
// registry itself has said.
func (e *Error) Error() string {
	if e.Verdict == (Verdict{}) {
		return fmt.Sprintf("%s: %v", e.Doing, e.cause)
	}
	lines := []string{e.Doing + ": " + e.Verdict.What}
	if e.Verdict.Why != "" {
		lines = append(lines, "why: "+e.Verdict.Why)
	}
	if e.Verdict.Do != "" {
		lines = append(lines, "what to do: "+e.Verdict.Do)
	}
	return strings.Join(append(lines, e.words()), "\n")
}

// words is the registry's answer, as it gave it.
func (e *Error) words() string {
	if e.refusal.Status == 0 {
		return "the error: " + e.cause.Error()
	}
	answer := fmt.Sprintf("%d %s", e.refusal.Status, http.StatusText(e.refusal.Status))
	if e.refusal.Words != "" {
		answer += ": " + e.refusal.Words
	}
	if e.refusal.URL != "" {
		answer += fmt.Sprintf(" (%s %s)", e.refusal.Method, e.refusal.URL)
	}
	return e.host + " says: " + answer
}

// Unwrap returns the registry's own answer.
func (e *Error) Unwrap() error { return e.cause }
