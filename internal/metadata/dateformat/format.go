// Package dateformat writes times in the formats of moment.js.
package dateformat

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Format is a format of moment.js, taken apart
// (https://momentjs.com/docs/#/displaying/format/). It is what users of
// docker/metadata-action write; no module that is kept up reads it.
type Format []datePart

// datePart is a text, or what writes a part of a time.
type datePart struct {
	text  string
	write func(time.Time) string
}

// Accepts says which formats there are.
const Accepts = "a format of moment.js, such as 'YYYYMMDD', 'YYYY-MM-DD[T]HH:mm:ss' or 'X', with other text in [square brackets]"

// strftime finds %Y and the like, which would print as a % and a year.
var strftime = regexp.MustCompile(`%[A-Za-z]`)

// Error says what is wrong with a format, and where.
type Error struct {
	Offset  int // in bytes
	Problem string
}

func (e *Error) Error() string { return e.Problem }

// Parse takes a format apart. Letters that stand for nothing are text, as
// for moment.js; a format without any part of a time is a mistake.
func Parse(format string) (Format, *Error) {
	if at := strftime.FindStringIndex(format); at != nil {
		return nil, &Error{at[0], fmt.Sprintf("%q is a format of strftime", format)}
	}
	rest := expandLong(format)
	var f Format
	dated := false
	for rest != "" {
		if text, after, ok := bracketed(rest); ok {
			f, rest = f.text(text), after
			continue
		}
		escaped := len(rest) > 1 && rest[0] == '\\'
		if escaped {
			rest = rest[1:]
		}
		token := longestToken(rest)
		switch {
		case token == "" && rest[0] == '[':
			return nil, &Error{strings.LastIndexByte(format, '['), fmt.Sprintf("a [ in the format %q is never closed", format)}
		case token == "":
			token = rest[:1]
			f = f.text(strings.TrimPrefix(token, `\`)) // a backslash is never printed
		case escaped:
			f = f.text(token)
		default:
			f = append(f, datePart{write: dateTokens[token]})
			dated = true
		}
		rest = rest[len(token):]
	}
	if !dated {
		return nil, &Error{0, fmt.Sprintf("the format %q has no part of a date or time", format)}
	}
	return f, nil
}

// text adds a text, to the one before where there is one.
func (f Format) text(text string) Format {
	if last := len(f) - 1; last >= 0 && f[last].write == nil {
		f[last].text += text
		return f
	}
	return append(f, datePart{text: text})
}

// Format writes a time.
func (f Format) Format(t time.Time) string {
	var b strings.Builder
	for _, part := range f {
		if part.write != nil {
			b.WriteString(part.write(t))
		} else {
			b.WriteString(part.text)
		}
	}
	return b.String()
}

// bracketed cuts [text] from the start of a format. The text runs to the last
// closing bracket before the next opening one, as for moment.js.
func bracketed(format string) (text, rest string, ok bool) {
	if !strings.HasPrefix(format, "[") {
		return "", "", false
	}
	inside := format[1:]
	if next := strings.IndexByte(inside, '['); next >= 0 {
		inside = inside[:next]
	}
	end := strings.LastIndexByte(inside, ']')
	if end < 0 {
		return "", "", false
	}
	return inside[:end], format[end+2:], true
}

// expandLong replaces the tokens that stand for whole formats.
func expandLong(format string) string {
	if !strings.ContainsAny(format, "Ll") {
		return format
	}
	var b strings.Builder
	for rest := format; rest != ""; {
		if _, after, ok := bracketed(rest); ok {
			b.WriteString(rest[:len(rest)-len(after)])
			rest = after
			continue
		}
		escape := rest[:len(rest)-len(strings.TrimPrefix(rest, `\`))]
		token := escape + longestOf(rest[len(escape):], "LTS", "LT", "LLLL", "LLL", "LL", "L", "llll", "lll", "ll", "l")
		long, ok := longFormats[token]
		if !ok { // escaped, or no long format
			token = rest[:max(1, len(token))]
			long = token
		}
		b.WriteString(long)
		rest = rest[len(token):]
	}
	return b.String()
}

// longestOf returns the first of the tokens that a text begins with.
func longestOf(text string, tokens ...string) string {
	for _, token := range tokens {
		if strings.HasPrefix(text, token) {
			return token
		}
	}
	return ""
}

// longestToken returns the longest token of dateTokens that a format begins
// with; the longest there is has nine letters.
func longestToken(format string) string {
	for n := min(9, len(format)); n > 0; n-- {
		if _, ok := dateTokens[format[:n]]; ok {
			return format[:n]
		}
	}
	return ""
}

var longFormats = map[string]string{
	"LT": "h:mm A", "LTS": "h:mm:ss A",
	"L": "MM/DD/YYYY", "LL": "MMMM D, YYYY", "LLL": "MMMM D, YYYY h:mm A", "LLLL": "dddd, MMMM D, YYYY h:mm A",
	"l": "M/D/YYYY", "ll": "MMM D, YYYY", "lll": "MMM D, YYYY h:mm A", "llll": "ddd, MMM D, YYYY h:mm A",
}
