package metadata

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Line is one item of a list input, without the quotes around it.
type Line struct {
	Text   string
	Number int // of its first line in the input, counted from 1
}

// Error is one mistake in tags, flavor, labels or annotations.
type Error struct {
	Input     string // name as in action.yml
	Line      int    // counted from 1
	Character int    // in the line, counted from 1; blanks and a quote before the item are not counted
	Problem   string
	Accepts   string // what is accepted instead
}

func (e *Error) Error() string {
	return fmt.Sprintf("input %q: line %d, character %d: %s; accepted: %s", e.Input, e.Line, e.Character, e.Problem, e.Accepts)
}

// mistake is an Error that does not know yet where its text stands.
type mistake struct {
	offset           int // in bytes
	problem, accepts string
}

func wrong(offset int, accepts, format string, args ...any) *mistake {
	return &mistake{offset: offset, problem: fmt.Sprintf(format, args...), accepts: accepts}
}

// after moves a mistake of a part to where the part begins.
func (m *mistake) after(offset int) *mistake {
	if m != nil {
		m.offset += offset
	}
	return m
}

// at gives a mistake its place in the input.
func (l Line) at(input string, m *mistake) *Error {
	before := l.Text[:min(max(m.offset, 0), len(l.Text))]
	lastLine := before[strings.LastIndexByte(before, '\n')+1:]
	return &Error{
		Input:     input,
		Line:      l.Number + strings.Count(before, "\n"),
		Character: utf8.RuneCountInString(lastLine) + 1,
		Problem:   m.problem,
		Accepts:   m.accepts,
	}
}

// problems collects every mistake of an input before any is reported.
type problems struct {
	input string
	errs  []error
}

// add reports whether there was a mistake.
func (p *problems) add(l Line, m *mistake) bool {
	if m == nil {
		return false
	}
	p.errs = append(p.errs, l.at(p.input, m))
	return true
}

func (p *problems) err() error { return errors.Join(p.errs...) }

// notUTF8 finds the first byte that is no text: tags, labels and annotations
// travel as UTF-8.
func notUTF8(text string) *mistake {
	if utf8.ValidString(text) {
		return nil
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return wrong(i, "text in UTF-8", "the byte %#02x is not UTF-8", text[i])
		}
		i += size
	}
	return nil
}
