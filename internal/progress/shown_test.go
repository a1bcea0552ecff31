package progress

import (
	"strings"
	"testing"
)

// A name is cut between words: half of a secret would not be recognised as one.
func TestShown(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat("a ", longestName/2)
	for name, want := range map[string]string{
		fits:                                    fits,
		fits[:longestName-4] + "secret-too":     fits[:longestName-4] + "…",
		fits + strings.Repeat("b", longestName): fits + "…",
		strings.Repeat("é", longestName+1):      strings.Repeat("é", longestName) + "…",
	} {
		if got := shown(name); got != want {
			t.Errorf("shown = …%.40q, want …%.40q", got[len(got)-min(len(got), 40):], want[len(want)-40:])
		}
	}
}
