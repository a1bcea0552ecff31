package metadata

import (
	"cmp"
	"fmt"
	"strings"
)

// argument is 'value' or key='value'.
type argument struct {
	key, value string
	offset     int
}

func (a argument) String() string {
	if a.key == "" {
		return fmt.Sprintf("a second text, %q", a.value)
	}
	return a.key + "="
}

// reader reads an expression.
type reader struct {
	text string
	at   int
}

// name reads what an expression begins with, and where that is.
func (r *reader) name() (name string, offset int) {
	r.skipBlanks()
	offset = r.at
	return r.word(), offset
}

// arguments reads to the closing braces.
func (r *reader) arguments(closing string) (all []argument, m *mistake) {
	for {
		r.skipBlanks()
		switch {
		case r.at >= len(r.text):
			return nil, wrong(0, acceptsExpressions, "the expression is never closed")
		case strings.HasPrefix(r.text[r.at:], closing):
			r.at += len(closing)
			return all, nil
		case r.text[r.at] == '}':
			return nil, wrong(r.at, acceptsExpressions, "the expression is not closed with %s", closing)
		}
		a, m := r.argument()
		if m != nil {
			return nil, m
		}
		all = append(all, a)
	}
}

func (r *reader) argument() (argument, *mistake) {
	a := argument{offset: r.at}
	if !r.quoted() {
		a.key = r.word()
		r.skipBlanks()
		if a.key == "" || !strings.HasPrefix(r.text[r.at:], "=") {
			return a, wrong(a.offset, "'text' in quotes, and key='text'", "%q is neither", cmp.Or(a.key, r.text[r.at:min(r.at+1, len(r.text))]))
		}
		r.at++
		r.skipBlanks()
		if !r.quoted() {
			return a, wrong(r.at, "'text' in quotes", "%s= is not followed by a quote", a.key)
		}
	}
	var m *mistake
	a.value, m = r.quotation()
	return a, m
}

// quotation reads a text in quotes, with \' or \" for such a quote inside.
func (r *reader) quotation() (string, *mistake) {
	quote, begin := r.text[r.at], r.at
	var b strings.Builder
	for r.at++; r.at < len(r.text); r.at++ {
		switch {
		case r.text[r.at] == quote:
			r.at++
			return b.String(), nil
		case r.text[r.at] == '\\' && r.at+1 < len(r.text) && r.text[r.at+1] == quote:
			r.at++
		}
		b.WriteByte(r.text[r.at])
	}
	return "", wrong(begin, acceptsExpressions, "the quote is never closed")
}

// word reads what is neither blank nor a mark.
func (r *reader) word() string {
	begin := r.at
	for r.at < len(r.text) && !strings.ContainsRune(" \t\r\n\v\f='\"{}", rune(r.text[r.at])) {
		r.at++
	}
	return r.text[begin:r.at]
}

func (r *reader) quoted() bool {
	return r.at < len(r.text) && (r.text[r.at] == '\'' || r.text[r.at] == '"')
}

func (r *reader) skipBlanks() { r.at += blanks(r.text[r.at:]) }
