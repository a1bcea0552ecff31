package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestTerminalShowsTextOnly does all that a run can do.
func TestTerminalShowsTextOnly(t *testing.T) {
	t.Parallel()
	s := newStep(t, false)
	s.Mask("hunter2hunter2")
	s.Printf("Building with %s", "BuildKit v0.33.1")
	log, closeGroup := s.Group("Build")
	fmt.Fprint(log, "#1 hunter2hunter2\n#2 no end")
	closeGroup()
	s.Warning(filepath.Join(s.workspace, "Dockerfile"), 7, "stage names")
	s.Warning(filepath.Join(s.workspace, "Dockerfile"), 0, "no line")
	s.Warning("", 0, "stopping the builder")
	s.Notice("private, hunter2hunter2")
	s.Failure(errors.Join(
		&lineError{"no such command", filepath.Join(s.workspace, "sub", "Dockerfile"), 3},
		errors.New("one\ntwo"),
	))
	if err := s.Success(published(t)); err != nil {
		t.Fatal(err)
	}
	if err := s.Success(Outcome{Reason: "the input push is false"}); err != nil {
		t.Fatal(err)
	}
	digest := digestOf("a").String()
	want := `Building with BuildKit v0.33.1
#1 ***
#2 no end
warning: Dockerfile:7: stage names
warning: Dockerfile: no line
warning: stopping the builder
notice: private, ***
error: sub/Dockerfile:3: no such command
error: one
two
Published in 12.3s
  tag     ghcr.io/octo-org/hello-world:1.2.3
  tag     ghcr.io/octo-org/hello-world:latest
  tag     quay.io/octo/hello:1.2.3
  tag     quay.io/octo/hello:latest
  digest  ` + digest + `
  pull    docker pull ghcr.io/octo-org/hello-world@` + digest + `
  package https://github.com/orgs/octo-org/packages/container/package/hello-world (private)
  size    linux/amd64  3.4 MB  +1.2 MB (latest before)
  size    linux/arm64  3.3 MB  new
Built in 0s, not published: the input push is false
`
	got := s.log.String()
	if got != want {
		t.Errorf("the terminal shows\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(got, "::") || strings.Contains(got, "##[") {
		t.Errorf("the terminal shows commands for a runner:\n%s", got)
	}
	for _, path := range []string{s.outputs, s.summary} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was written outside Actions: %v", path, err)
		}
	}
}

func TestLogOfASuccessInActions(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	if err := s.Success(published(t)); err != nil {
		t.Fatal(err)
	}
	got := s.log.String()
	for _, want := range []string{"Published in 12.3s\n", "  tag     quay.io/octo/hello:latest\n", "  digest  " + digestOf("a").String() + "\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log is %q, want it to hold %q", got, want)
		}
	}
	if commands := obeyed(got); len(commands) > 0 {
		t.Errorf("the runner obeys %v", commands)
	}
}

// Nothing that a stranger has written commands a terminal.
func TestTerminalObeysNobody(t *testing.T) {
	t.Parallel()
	const hostile = "a\x1b]0;title\a\x1b[2J\u202eb\u009bc\rd"
	s := newStep(t, false)
	s.Warning("", 0, hostile)
	s.Printf("%s", hostile)
	s.Failure(errors.New(hostile + "\n\tand more"))
	for _, o := range []Outcome{{Reason: hostile}, {Asked: inputs.CallOutline, Answer: hostile}, {Unmoved: []plan.Unmoved{{Reason: hostile}}}} {
		if err := s.Success(o); err != nil {
			t.Fatal(err)
		}
	}
	got := s.log.String()
	if strings.ContainsAny(got, "\x1b\a\r\u202e\u009b") {
		t.Errorf("the terminal is sent %q", got)
	}
	if !strings.Contains(got, "\n\tand more\n") {
		t.Errorf("the second line of an error is not as it was: %q", got)
	}
}
