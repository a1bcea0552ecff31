package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// screenAfter reads what is drawn as a terminal does that is wide and high enough.
func screenAfter(t *testing.T, text string) string {
	t.Helper()
	lines, row := []string{""}, 0
	sequence := regexp.MustCompile(`^\x1b\[(\?7[lh]|J|(\d+)A)`)
	for len(text) > 0 {
		if m := sequence.FindStringSubmatch(text); m != nil {
			text = text[len(m[0]):]
			switch {
			case m[1] == "J":
				lines = append(lines[:row:row], "")
			case m[2] != "":
				up, err := strconv.Atoi(m[2])
				if err != nil || up > row {
					t.Fatalf("%d lines up from line %d", up, row)
				}
				row -= up
			}
			continue
		}
		switch text[0] {
		case '\n':
			if row++; row == len(lines) {
				lines = append(lines, "")
			}
		case '\r':
		case '\x1b':
			t.Fatalf("a sequence that is not expected: %.20q", text)
		default:
			lines[row] += text[:1]
		}
		text = text[1:]
	}
	return strings.Join(lines, "\n")
}

func liveReporter(t *testing.T, rows int) (*Reporter, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	r, err := New(Options{Out: &out, Lookup: lookup(nil), Size: func() (columns, lines int) { return 80, rows }})
	if err != nil {
		t.Fatal(err)
	}
	return r, &out
}

// TestLiveLines draws and writes by turns: what was written stays, and of what was
// drawn the last is below it.
func TestLiveLines(t *testing.T) {
	t.Parallel()
	r, out := liveReporter(t, 24)
	r.Mask("hunter2hunter2")
	r.Mask("two\nlines")
	h := r.Hold("Build")
	h.Draw([]string{"not yet"})
	fmt.Fprintln(h, "first")
	if out.Len() > 0 {
		t.Errorf("it is shown before it may be: %q", out)
	}
	h.Open()
	h.Draw([]string{"a 1", "b hunter2hunter2", "c"})
	h.Draw([]string{"two", "lines", "d"}) // two of them are one
	if got, want := screenAfter(t, out.String()), "first\n***\nd\n"; got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
	h.Draw([]string{"e"})
	fmt.Fprint(h, "second\nthi")
	fmt.Fprint(h, "rd\n")
	r.Printf("a notice from elsewhere, hunter2hunter2")
	h.Draw([]string{"f", "g"})
	r.Warning("", 0, "careful")
	h.Draw([]string{"h"})
	if got, want := screenAfter(t, out.String()), "first\nsecond\nthird\na notice from elsewhere, ***\nwarning: careful\nh\n"; got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
	h.Close()
	r.Printf("last")
	if got, want := screenAfter(t, out.String()), "first\nsecond\nthird\na notice from elsewhere, ***\nwarning: careful\nlast\n"; got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
}

// TestLiveLinesFit leaves out what would scroll.
func TestLiveLinesFit(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int]string{0: "", 1: "", 2: "a\n", 3: "a\nb\n", 9: "a\nb\nc\n"} {
		r, out := liveReporter(t, rows)
		h := r.Hold("Build")
		h.Open()
		h.Draw([]string{"a", "b", "c"})
		if got := screenAfter(t, out.String()); got != want {
			t.Errorf("a terminal of %d lines shows %q, want %q", rows, got, want)
		}
		if h.Rows() != rows {
			t.Errorf("%d rows, want %d", h.Rows(), rows)
		}
	}
}

// TestNothingIsDrawnElsewhere keeps files and GitHub's log free of it.
func TestNothingIsDrawnElsewhere(t *testing.T) {
	t.Parallel()
	for _, actions := range []bool{true, false} {
		s := newStep(t, actions)
		h := s.Hold("Build")
		h.Open()
		h.Draw([]string{"a"})
		h.Close()
		if s.log.Len() > 0 || h.Rows() != 0 {
			t.Errorf("in actions %t: %d rows, %q is drawn", actions, h.Rows(), s.log)
		}
	}
}

// TestLiveLinesAreCut cuts what is wider than the terminal, whose last column would else
// show the end of it, and hides a secret before it is cut.
func TestLiveLinesAreCut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r, err := New(Options{Out: &out, Lookup: lookup(nil), Size: func() (columns, lines int) { return 12, 24 }})
	if err != nil {
		t.Fatal(err)
	}
	r.Mask("hunter2hunter2")
	held := r.Hold("Build")
	held.Open()
	held.Draw([]string{"short", "\x1b[1ma longer line than that\x1b[0m", "日本日本日本日本", "12345678 hunter2hunter2"})
	for _, want := range []string{"short\n", "\x1b[1ma longer li…\x1b[0m\n", "日本日本日…\n", "12345678 ***\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not drawn: %q", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hunter") {
		t.Errorf("a part of the secret is drawn: %q", out.String())
	}
	held.Close()
}
