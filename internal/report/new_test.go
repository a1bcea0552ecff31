package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNewFailsBeforeAnyWork has files that cannot be written, in ways that stop
// root too.
func TestNewFailsBeforeAnyWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing, below, good := filepath.Join(dir, "missing", "file"), filepath.Join(file, "below"), filepath.Join(dir, "good")
	cases := []struct {
		name            string
		output, summary string
		names           []string
	}{
		{"output is a directory", dir, good, []string{dir}},
		{"output's directory is missing", missing, good, []string{missing}},
		{"output is below a file", below, good, []string{below}},
		{"summary is a directory", good, dir, []string{dir}},
		{"both", missing, below, []string{missing, below}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			vars := map[string]string{"GITHUB_OUTPUT": c.output, "GITHUB_STEP_SUMMARY": c.summary}
			r, err := New(Options{Out: &log, Lookup: lookup(vars), Actions: true})
			if err == nil {
				t.Fatal("New = nil, want an error")
			}
			for _, path := range c.names {
				if !strings.Contains(err.Error(), path) {
					t.Errorf("New = %q, want it to name %s", err, path)
				}
			}
			// It can still say so.
			r.Failure(err)
			if got := only(obeyed(log.String()), "error"); len(got) < len(c.names) {
				t.Errorf("the runner obeys %v in %q, want an annotation for each", got, log.String())
			}
		})
	}
}

func TestNewWithoutTheRunnersFiles(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r, err := New(Options{Out: &log, Lookup: lookup(nil), Actions: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Success(published(t)); err != nil {
		t.Errorf("Success = %v, want nil: there is nowhere to write outputs", err)
	}
	if !strings.Contains(log.String(), "Published in 12.3s\n") {
		t.Errorf("the log is %q", log.String())
	}
}

func TestSuccessSaysWhenOutputsCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	if err := os.Remove(s.outputs); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.outputs, 0o700); err != nil { // meanwhile
		t.Fatal(err)
	}
	if err := s.Success(published(t)); err == nil || !strings.Contains(err.Error(), s.outputs) {
		t.Errorf("Success = %v, want an error that names %s", err, s.outputs)
	}
}

func TestFailureSaysWhenTheSummaryCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	if err := os.Remove(s.summary); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.summary, 0o700); err != nil { // meanwhile
		t.Fatal(err)
	}
	s.Failure(os.ErrNotExist)
	if got := obeyed(s.log.String()); len(got) != 1 || got[0].data != os.ErrNotExist.Error() || !strings.Contains(s.log.String(), s.summary) {
		t.Errorf("the log is %q, want the failure and that the summary cannot be written", s.log)
	}
}
