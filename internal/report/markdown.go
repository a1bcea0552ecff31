package report

import (
	"regexp"
	"strings"
)

// words is a stranger's text of a bounded length on one line, in which nothing means
// anything and no secret is seen. Secrets go first: what is escaped is not found.
func (r *Reporter) words(text string) string { return plain(shorten(r.mask.hide(text), mostText)) }

// codeBlock puts text that strangers may have written where Markdown and HTML
// mean nothing.
func codeBlock(s string) string {
	fence := longerThan(s, "```")
	return fence + "\n" + s + "\n" + fence
}

// codeSpan is codeBlock within a line, for one line that is not empty.
func codeSpan(text string) string {
	fence := longerThan(text, "`")
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " " // Markdown takes one blank away at both ends
	}
	return fence + text + fence
}

// longerThan returns a fence of backticks that is longer than every run of them in a
// text, and at least as long as fence.
func longerThan(text, fence string) string {
	run := 0
	for _, c := range []byte(text) {
		if c != '`' {
			run = 0
			continue
		}
		if run++; run >= len(fence) {
			fence += "`"
		}
	}
	return fence
}

// cell makes a code span part of a table, in which a pipe is escaped also there. A
// backslash before one would be read together with ours.
func cell(span string) string {
	return strings.NewReplacer(`\|`, `\ \|`, `|`, `\|`).Replace(span)
}

// linking finds what GitHub makes a link, a mention, a formula or an emoji of: the
// character that starts it, before what may follow.
var linking = regexp.MustCompile(`[:@$]\S|(?i:\bwww)\.|#\d|\$`)

// plain makes Markdown and HTML of one line mean nothing. What GitHub looks for in the
// page that comes of it, such as @name, is taken apart by an element without a meaning.
func plain(text string) string {
	var b strings.Builder
	rest := strings.Join(strings.Fields(text), " ")
	for rest != "" {
		at := linking.FindStringIndex(rest)
		if at == nil {
			escape(&b, rest)
			break
		}
		special := at[0]
		if rest[special]|0x20 == 'w' { // the dot of www. is what counts
			special = at[1] - 1
		}
		escape(&b, rest[:special])
		b.WriteString("<span>")
		escape(&b, rest[special:special+1])
		b.WriteString("</span>")
		rest = rest[special+1:]
	}
	return b.String()
}

// escape writes text in which Markdown and HTML find nothing to obey.
func escape(b *strings.Builder, text string) {
	for _, c := range text {
		if strings.ContainsRune("\\`*_{}[]()#+!|<>~&", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
}
