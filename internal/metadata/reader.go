package metadata

import (
	"fmt"
	"strings"
)

// call is an expression as written: a name and what follows it.
type call struct {
	name      string
	offset    int
	arguments []argument
}

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

// reader reads a call.
type reader struct {
	text string
	at   int
}

// call reads to the closing braces.
func (r *reader) call(closing string) (call, *mistake) {
	r.skipBlanks()
	c := call{offset: r.at, name: r.word()}
	for {
		r.skipBlanks()
		switch {
		case r.at >= len(r.text):
			return call{}, wrong(0, acceptsExpressions, "the expression is never closed")
		case strings.HasPrefix(r.text[r.at:], closing):
			r.at += len(closing)
			return c, nil
		}
		a, m := r.argument()
		if m != nil {
			return call{}, m
		}
		c.arguments = append(c.arguments, a)
	}
}

func (r *reader) argument() (argument, *mistake) {
	a := argument{offset: r.at}
	if !r.quoted() {
		a.key = r.word()
		r.skipBlanks()
		if a.key == "" || !strings.HasPrefix(r.text[r.at:], "=") {
			return a, wrong(a.offset, "'text' in quotes, and key='text'", "%q is neither", firstWord(r.text[a.offset:]))
		}
		r.at++
		r.skipBlanks()
		if !r.quoted() {
			return a, wrong(r.at, "'text' in quotes", "%s= is not followed by a quote", a.key)
		}
	}
	quote := r.text[r.at]
	begin := r.at
	var b strings.Builder
	for r.at++; r.at < len(r.text); r.at++ {
		switch {
		case r.text[r.at] == quote:
			r.at++
			a.value = b.String()
			return a, nil
		case r.text[r.at] == '\\' && r.at+1 < len(r.text) && r.text[r.at+1] == quote:
			r.at++
		}
		b.WriteByte(r.text[r.at])
	}
	return a, wrong(begin, acceptsExpressions, "the quote is never closed")
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

// firstWord is the start of a text, for an error.
func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if len(word) > 20 {
		word = word[:20] + "…"
	}
	return word
}
