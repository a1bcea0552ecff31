package diagnose

import (
	"errors"
	"strings"
	"testing"
)

// A heredoc is the command of its step, and as long as it is.
func TestLongCommandsAreCut(t *testing.T) {
	t.Parallel()
	long := `process "/bin/sh -c ` + strings.Repeat(`echo \"a\"; `, 2000) + `" did not complete successfully: exit code: 127`
	got := Trim(errors.New(long)).Error()
	if len(got) > 600 || !strings.HasPrefix(got, `process "/bin/sh -c echo \"a\";`) || !strings.HasSuffix(got, `…" did not complete successfully: exit code: 127`) {
		t.Errorf("%d bytes: %.100s … %s", len(got), got, got[max(0, len(got)-80):])
	}
	short := `process "/bin/sh -c false" did not complete successfully: exit code: 1`
	if got := Trim(errors.New(short)).Error(); got != short {
		t.Errorf("%q", got)
	}
}

// An error of a frontend reaches a client by two ways, and is the same by both: by one
// of them BuildKit puts more of its own words in front.
func TestTrimmedIsTheSameByBothWays(t *testing.T) {
	t.Parallel()
	const said = `target stage "ap" could not be found (did you mean app?)`
	for _, text := range []string{said, "failed to solve: " + said, "rpc error: code = Unknown desc = failed to run Build function: " + said} {
		if got := Trim(errors.New(text)).Error(); got != said {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
