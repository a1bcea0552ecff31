package metadata

import (
	"slices"
	"strings"
)

// Text is a value of the workflow with expressions in it, such as
// VERSION={{version}}. Whatever else stands in braces is a part of the value.
type Text struct{ template }

// textNames are the expressions that a Text has. {{version}} is that of the run, which
// the output version has.
var textNames = []string{"version", "sha", "branch", "tag", "date", "commit_date"}

// ParseText reads a value. It is nil for one without expressions. \{{version}} is a text.
// The error is an *Error for a date that nobody can format.
func ParseText(input string, line Line) (*Text, error) {
	var t Text
	c, found, text := newCompiler(), false, line.Text
	for at := 0; ; {
		begin := strings.Index(text[at:], "{{")
		if begin < 0 {
			t.add(text[at:])
			break
		}
		begin += at
		expr, length, m := c.known(text[begin:])
		switch before := text[at:begin]; {
		case m != nil:
			return nil, line.at(input, m.after(begin))
		case expr == nil:
			t.add(text[at : begin+1]) // three braces may end in an expression
			at = begin + 1
			continue
		case strings.HasSuffix(before, `\`):
			t.add(before[:len(before)-1] + text[begin:begin+length])
		default:
			t.add(before)
			t.parts = append(t.parts, part{expr: expr})
		}
		at, found = begin+length, true
	}
	if !found {
		return nil, nil
	}
	return &t, nil
}

// known reads an expression of a Text, or returns nil for something else in braces. A
// date is one if a quote follows.
func (c *compiler) known(text string) (*expression, int, *mistake) {
	r := reader{text: text, at: len("{{")}
	name, _ := r.name()
	if !slices.Contains(textNames, name) {
		return nil, 0, nil
	}
	r.skipBlanks()
	expr, length, m := c.expression(text)
	if m != nil && !r.quoted() {
		return nil, 0, nil
	}
	return expr, length, m
}

// Expand returns the value in a run, whose output version is given. A ref's name need
// not be UTF-8, and a value is.
func (t *Text) Expand(f Facts, version string) string {
	return t.fill(f, version, func(_, value string) string { return strings.ToValidUTF8(value, "\uFFFD") })
}

// Reference returns the value as the reference of an image: what expressions stand for
// is made legal, in the path or in the tag. It is false if one of them is empty.
func (t *Text) Reference(f Facts, version string) (string, bool) {
	tag, whole := t.tagBegins(), true
	filled := t.fill(f, version, func(before, value string) string {
		if len(before) >= tag {
			value = illegal.ReplaceAllString(value, "-")
		} else {
			value = strings.Trim(separators.ReplaceAllString(strings.ToLower(value), "-"), "-")
		}
		whole = whole && value != ""
		return value
	})
	if i := strings.LastIndex(filled, ":"); i > strings.LastIndex(filled, "/") {
		filled = filled[:i+1] + legalTag(filled[i+1:])
		whole = whole && i+1 < len(filled)
	}
	return filled, whole
}

// Sample returns the value with a letter for each expression, and false if one of them
// is in the first part of a path, which names the registry or the owner.
func (t *Text) Sample() (string, bool) {
	tag, inside := t.tagBegins(), true
	sample := t.fill(Facts{}, "", func(before, _ string) string {
		inside = inside && (strings.Contains(before, "/") || len(before) >= tag)
		return "x"
	})
	return sample, inside
}

// fill puts values in place of expressions. Put knows the text before, with a letter for
// each expression in it.
func (t *Text) fill(f Facts, version string, put func(before, value string) string) string {
	var filled, before strings.Builder
	s := newScope(f)
	for _, p := range t.parts {
		if p.expr == nil {
			filled.WriteString(p.text)
			before.WriteString(p.text)
			continue
		}
		value := version
		if p.expr.name != "version" {
			value = p.expr.value(s)
		}
		filled.WriteString(put(before.String(), value))
		before.WriteByte('x')
	}
	return filled.String()
}

// tagBegins is where the tag of a reference begins, as put counts.
func (t *Text) tagBegins() int {
	text := t.fill(Facts{}, "", func(_, _ string) string { return "x" })
	if i := strings.LastIndex(text, ":"); i > strings.LastIndex(text, "/") {
		return i + 1
	}
	return len(text) + 1
}

// WithoutExpressions returns a text in which no mark is an expression's.
func WithoutExpressions(text string) string { return masked(text) }
