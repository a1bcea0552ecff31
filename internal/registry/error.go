package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is a registry's refusal with what it means and what to do about it.
type Error struct {
	Doing   string
	Meaning Meaning // empty where nothing is known
	Denied  bool    // the registry answered that the credentials may not do this
	host    string
	refusal Refusal
	cause   error
}

// Error says what was being done, what happened, why, what to do, and what the
// registry itself has said.
func (e *Error) Error() string {
	if e.Meaning == (Meaning{}) {
		return fmt.Sprintf("%s: %v", e.Doing, e.cause)
	}
	lines := []string{e.Doing + ": " + e.Meaning.What}
	if e.Meaning.Why != "" {
		lines = append(lines, "why: "+e.Meaning.Why)
	}
	if e.Meaning.Do != "" {
		lines = append(lines, "what to do: "+e.Meaning.Do)
	}
	return strings.Join(append(lines, e.words()+e.attempts()), "\n")
}

// attempts says how often it was tried, and what the registry wants, where that is
// more than we wait.
func (e *Error) attempts() string {
	var gaveUp *GaveUpError
	if !errors.As(e.cause, &gaveUp) {
		return ""
	}
	text := ""
	if gaveUp.Tries > 1 {
		text = fmt.Sprintf(", after %d attempts", gaveUp.Tries)
	}
	if gaveUp.Wants > 0 {
		text += "\n" + gaveUp.wish()
	}
	return text
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
