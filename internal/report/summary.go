package report

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/docker/go-units"
)

// maxSummary is what GitHub shows of a step's summary, in bytes; a larger one is
// dropped whole.
const maxSummary = 1 << 20

//go:embed success.md.tmpl
var successSummary string

//go:embed failure.md.tmpl
var failureSummary string

// writeSummary renders Markdown into the job summary. It is text/template:
// html/template would turn the + of 1.0.0+abc into an entity.
func (r *Reporter) writeSummary(text string, data any) error {
	t, err := template.New("summary").Funcs(template.FuncMap{
		"bytes": func(n int64) string { return units.HumanSize(float64(n)) },
		"round": round,
		"code":  codeBlock,
		"plain": plain,
	}).Parse(text)
	if err != nil {
		return fmt.Errorf("reading the summary's template: %w", err)
	}
	var markdown strings.Builder
	if err := t.Execute(&markdown, data); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	page := r.mask.hide(markdown.String())
	if len(page) > maxSummary {
		page = strings.ToValidUTF8(page[:maxSummary-100], "") + "\n\n(the rest is left out)\n" // not half a letter
	}
	return appendTo(r.summary, page)
}

// codeBlock puts text that strangers may have written where Markdown and HTML
// mean nothing. The fence is longer than any in the text.
func codeBlock(text any) string {
	s := fmt.Sprint(text)
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + "\n" + s + "\n" + fence
}

// plain makes Markdown and HTML of one line mean nothing.
func plain(text string) string {
	var b strings.Builder
	for _, c := range strings.Join(strings.Fields(text), " ") {
		if strings.ContainsRune("\\`*_{}[]()#+!|<>~&", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
