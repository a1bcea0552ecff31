package inputs

// Secret is a value that must not be shown. It prints as *** in every verb of
// fmt and in JSON; only Reveal gives the value.
type Secret string

// Reveal returns the value, for the one place that has to send it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string { return redacted }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return redacted }

// MarshalText hides the value from JSON and every other text encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

const redacted = "***"
