package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lineError is an error with a place, as package build has them.
type lineError struct {
	text, file string
	line       int
}

func (e *lineError) Error() string                { return e.text }
func (e *lineError) Position() (string, int, int) { return e.file, e.line, e.line }

// linesError is one about several lines.
type linesError struct{ lineError }

func (e *linesError) Position() (string, int, int) { return e.file, e.line, e.line + 2 }

func TestFailureAnnotatesEveryError(t *testing.T) {
	t.Parallel()
	workspace := filepath.Join("/", "github", "workspace")
	in := func(parts ...string) string { return filepath.Join(append([]string{workspace}, parts...)...) }
	place := func(file, line string) map[string]string { return map[string]string{"file": file, "line": line} }
	none := map[string]string{}
	cases := []struct {
		name string
		err  error
		want []command
	}{
		{"one", errors.New("no"), []command{{"error", "no", none}}},
		{"joined", errors.Join(errors.New("one"), errors.New("two")), []command{{"error", "one", none}, {"error", "two", none}}},
		{
			"joined deeper",
			errors.Join(errors.Join(errors.New("one"), errors.Join(errors.New("two"))), errors.New("three")),
			[]command{{"error", "one", none}, {"error", "two", none}, {"error", "three", none}},
		},
		{
			"joined and wrapped",
			errors.Join(errors.New("one"), fmt.Errorf("tags: %w", errors.Join(errors.New("two"), errors.New("three")))),
			[]command{{"error", "one", none}, {"error", "tags: two\nthree", none}},
		},
		{"with a place", &lineError{"no", in("Dockerfile"), 3}, []command{{"error", "no", place("Dockerfile", "3")}}},
		{"with a place of several lines", &linesError{lineError{"no", in("Dockerfile"), 3}}, []command{{"error", "no", map[string]string{"file": "Dockerfile", "line": "3", "endLine": "5"}}}},
		{"several lines of no file", &linesError{lineError{"no", "", 3}}, []command{{"error", "no", none}}},
		{"with a place below", &lineError{"no", in("services", "api", "Dockerfile"), 12}, []command{{"error", "no", place("services/api/Dockerfile", "12")}}},
		{"with a place that is wrapped", fmt.Errorf("building: %w", &lineError{"no", in("Dockerfile"), 3}), []command{{"error", "building: no", place("Dockerfile", "3")}}},
		{"outside the workspace", &lineError{"no", "/tmp/Dockerfile", 3}, []command{{"error", "no", place("/tmp/Dockerfile", "3")}}},
		{"beside the workspace", &lineError{"no", workspace + "-old/Dockerfile", 3}, []command{{"error", "no", place(workspace+"-old/Dockerfile", "3")}}},
		{"a name with dots", &lineError{"no", in("..hidden", "Dockerfile"), 3}, []command{{"error", "no", place("..hidden/Dockerfile", "3")}}},
		{"relative already", &lineError{"no", "Dockerfile", 3}, []command{{"error", "no", place("Dockerfile", "3")}}},
		{"without a line", &lineError{"no", in("Dockerfile"), 0}, []command{{"error", "no", map[string]string{"file": "Dockerfile"}}}},
		{"without a file", &lineError{"no", "", 0}, []command{{"error", "no", none}}},
		{"lines and percent signs", errors.New("one\n100%\r\n%0A%25"), []command{{"error", "one\n100%\r\n%0A%25", none}}},
		{"a command", errors.New("x\n::set-output name=digest::evil\n##[add-mask]x"), []command{{"error", "x\n::set-output name=digest::evil\n##[add-mask]x", none}}},
		{"a command at the start", errors.New("::set-output name=digest::evil"), []command{{"error", "::set-output name=digest::evil", none}}},
		{"a command of the old kind", errors.New("##[set-output name=digest;]evil"), []command{{"error", "##[set-output name=digest;]evil", none}}},
		{"a hostile file name", &lineError{"no", in("a,line=9::x\n::error::%0A"), 3}, []command{{"error", "no", place("a,line=9::x\n::error::%0A", "3")}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			s.Reporter.workspace = workspace
			s.Failure(c.err)
			if diff := cmp.Diff(c.want, obeyed(s.log.String()), cmp.AllowUnexported(command{})); diff != "" {
				t.Errorf("what the runner obeys (-want +got):\n%s\nin %q", diff, s.log)
			}
		})
	}
}

// GitHub shows ten errors of a step, and a log of a thousand is long enough.
func TestManyErrorsAreFewAnnotations(t *testing.T) {
	t.Parallel()
	for _, actions := range []bool{true, false} {
		s := newStep(t, actions)
		var many []error
		for i := range 20_000 {
			many = append(many, fmt.Errorf("mistake %d", i))
		}
		s.Failure(errors.Join(many...))
		if got := len(obeyed(s.log.String())); actions && got != mostErrors {
			t.Errorf("the runner obeys %d commands, want %d", got, mostErrors)
		}
		log := s.log.String()
		if lines := strings.Count(log, "\n"); lines != mostLogged+1 || !strings.Contains(log, "\nerror: mistake 999\n") || !strings.Contains(log, "and 19000 more errors") {
			t.Errorf("in actions %t the log has %d lines and ends in %q", actions, lines, log[max(0, len(log)-200):])
		}
	}
}

func TestWarningAnnotatesItsPlace(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	s.Warning(filepath.Join(s.workspace, "Dockerfile"), 7, "stage names\n::error::x 100%")
	s.Warning("", 0, "stopping the builder")
	want := []command{
		{"warning", "stage names\n::error::x 100%", map[string]string{"file": "Dockerfile", "line": "7"}},
		{"warning", "stopping the builder", map[string]string{}},
	}
	if diff := cmp.Diff(want, obeyed(s.log.String()), cmp.AllowUnexported(command{})); diff != "" {
		t.Errorf("what the runner obeys (-want +got):\n%s", diff)
	}
}

// TestLogLinesCannotCommand prints what strangers choose: a fork's name, a
// builder's, a tag.
func TestLogLinesCannotCommand(t *testing.T) {
	t.Parallel()
	cases := []string{
		"x\n::set-output name=digest::evil",
		"x\r::set-output name=digest::evil",
		"x\r\n  ::error::y",
		"x\n\n##[add-mask]y",
		"::error::x",
		"  ::error::x",
		"##[error]x",
		"x ##[set-output name=digest;]evil",
		"##[##[error]x",
		"x\n\u00a0::error::y",
	}
	for _, text := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			s.Printf("%s", text)
			s.Printf("Publishing nothing: %s", text)
			if err := s.Success(Outcome{Reason: text, Version: "pr-12"}); err != nil {
				t.Fatal(err)
			}
			if got := obeyed(s.log.String()); len(got) > 0 {
				t.Errorf("the runner obeys %q in %q", got, s.log)
			}
		})
	}
}

func FuzzLogLine(f *testing.F) {
	for _, seed := range []string{"x\n::error::y", "##[error]x", "\u0085::error::y", "#\r##[error]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newStep(t, true)
		s.Printf("%s", text)
		if got := s.log.String(); len(obeyed(got)) > 0 || strings.Count(got, "\n") != 1 {
			t.Errorf("Printf(%q) writes %q, in which the runner obeys %v", text, got, obeyed(got))
		}
	})
}
