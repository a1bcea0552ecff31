package metadata

import (
	"strings"
)

// template is a text with expressions in it: {{branch}}, {{date 'YYYY' tz='UTC'}}.
// They are written as in Handlebars, of which this is the part that tags need:
// names, and dates with a format. Handlebars' own Go module (raymond) has had no
// release since 2022, prints nothing for a name that it does not know, and is as
// large as all else in this package; text/template has no key='value' and has
// loops, calls and definitions that a tag has no use for.
type template struct {
	parts []part
}

// part is a text, or an expression.
type part struct {
	text string
	expr *expression
}

// constant returns the text of a template without expressions.
func (t template) constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].expr == nil:
		return t.parts[0].text, true
	}
	return "", false
}

// only tells whether the template is one expression and nothing else.
func (t template) only(name string) bool {
	return len(t.parts) == 1 && t.parts[0].expr != nil && t.parts[0].expr.name == name
}

// uses tells whether an expression is in the template.
func (t template) uses(name string) bool {
	for _, p := range t.parts {
		if p.expr != nil && p.expr.name == name {
			return true
		}
	}
	return false
}

func (t template) expand(s scope) string {
	if text, ok := t.constant(); ok {
		return text
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.expr == nil {
			b.WriteString(p.text)
		} else {
			b.WriteString(p.expr.value(s))
		}
	}
	return b.String()
}

func (t *template) add(text string) {
	if text != "" {
		t.parts = append(t.parts, part{text: text})
	}
}

// template parses a text. \{{ is a text that begins with {{, \\{{ a backslash
// and an expression.
func (c *compiler) template(text string) (template, *mistake) {
	var t template
	for at := 0; ; {
		begin := strings.Index(text[at:], "{{")
		if begin < 0 {
			t.add(text[at:])
			return t, nil
		}
		begin += at
		before := text[at:begin]
		if strings.HasSuffix(before, `\`) && !strings.HasSuffix(before, `\\`) {
			end := literalEnd(text, begin)
			t.add(before[:len(before)-1] + text[begin:end])
			at = end
			continue
		}
		t.add(strings.TrimSuffix(before, `\`))
		expr, length, m := c.expression(text[begin:])
		if m != nil {
			return template{}, m.after(begin)
		}
		t.parts = append(t.parts, part{expr: expr})
		at = begin + length
	}
}

// literalEnd returns where the text of \{{ ends: at the next {{ with its
// backslashes, or at the end.
func literalEnd(text string, begin int) int {
	next := strings.Index(text[begin+2:], "{{")
	if next < 0 {
		return len(text)
	}
	end := begin + 2 + next
	for range 2 {
		if end > begin+2 && text[end-1] == '\\' {
			end--
		}
	}
	return end
}
