package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestDiskOfTheRunnerIsFull has no room for a file that the input outputs names,
// which BuildKit tells of as if a disk of its own were full, or by "EOF".
func TestDiskOfTheRunnerIsFull(t *testing.T) {
	t.Parallel()
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=512k"); err != nil {
		t.Fatalf("mounting a small disk, which needs root: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(small, 0) })
	w := newWritten(plan.Build{Outputs: []inputs.Output{{Type: inputs.OutputTar, Dest: filepath.Join(small, "x.tar")}}})
	eof := errors.New("EOF")
	if err := w.full(eof); err != nil {
		t.Errorf("with room it says %v", err)
	}
	if err := os.WriteFile(filepath.Join(small, "data"), make([]byte, 400<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.full(eof); err == nil || !errors.Is(err, eof) || !strings.Contains(err.Error(), "the disk is full, of the runner and not of the builder") {
		t.Errorf("without room it says %v", err)
	}
}

// A heredoc is the command of its step, and as long as it is.
func TestLongCommandsAreCut(t *testing.T) {
	t.Parallel()
	long := `process "/bin/sh -c ` + strings.Repeat(`echo \"a\"; `, 2000) + `" did not complete successfully: exit code: 127`
	got := trim(errors.New(long)).Error()
	if len(got) > 600 || !strings.HasPrefix(got, `process "/bin/sh -c echo \"a\";`) || !strings.HasSuffix(got, `…" did not complete successfully: exit code: 127`) {
		t.Errorf("%d bytes: %.100s … %s", len(got), got, got[max(0, len(got)-80):])
	}
	short := `process "/bin/sh -c false" did not complete successfully: exit code: 1`
	if got := trim(errors.New(short)).Error(); got != short {
		t.Errorf("%q", got)
	}
}

// An error of a frontend reaches a client by two ways, and is the same by both: by one
// of them BuildKit puts more of its own words in front.
func TestTrimmedIsTheSameByBothWays(t *testing.T) {
	t.Parallel()
	const said = `target stage "ap" could not be found (did you mean app?)`
	for _, text := range []string{said, "failed to solve: " + said, "rpc error: code = Unknown desc = failed to run Build function: " + said} {
		if got := trim(errors.New(text)).Error(); got != said {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
