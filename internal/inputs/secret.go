package inputs

import (
	"fmt"
	"io"
)

// Secret is a value that must not be shown. It prints as *** in every verb of
// fmt and in JSON; only Reveal gives the value.
type Secret string

// Reveal returns the value, for the one place that has to send it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string { return redacted }

// Format hides the value from fmt, also in verbs that are not for strings: for
// those, fmt would pass String by and show the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText hides the value from JSON and every other text encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

const redacted = "***"
