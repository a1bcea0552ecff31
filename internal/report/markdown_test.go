package report

import (
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

// linkingText has what GitHub makes a link, a mention, a formula or an emoji of, and
// what may end a code span or a cell of a table.
var linkingText = []string{
	"https://evil.test/a", "see www.evil.test now", "WWW.evil.test", "ftp://evil.test", "mail me@evil.test", "@octocat", "x (@octo/team)",
	"$x^2$", "$$y$$", "$`z`$", ":tada:", "a :+1: b", "#12", "octo/app#34", "`code`", "``", "`", "a ``` b `` c", "a|b", `grep 'a\|b'`, `\`, "<b>x</b>", "![p](https://evil.test/p.png)",
	"[x](https://evil.test)", "**b** _i_ ~~s~~", "&lt;", "- [x] done", "~~~",
}

// render draws Markdown as GitHub's own flavour has it.
func render(t *testing.T, markdown string) string {
	t.Helper()
	var page strings.Builder
	gfm := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := gfm.Convert([]byte(markdown), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

var (
	code    = regexp.MustCompile(`(?s)<code[ >].*?</code>`)
	element = regexp.MustCompile(`<[^>]*>`)
	// found is what GitHub looks for in each text of the page, outside of code.
	found = regexp.MustCompile(`@\w|:[\w+-]+:|\$\S|(?i)www\.\w|://|#\d`)
)

// Nothing that a stranger has written is live in the summary.
func TestStrangersTextIsNotLive(t *testing.T) {
	t.Parallel()
	for _, text := range linkingText {
		s := newStep(t, true)
		o := published(t)
		o.PackageURL = "" // the one link that is meant
		o.Builder, o.Remarks = text, []string{text}
		o.Unmoved = []plan.Unmoved{{Tag: o.Tags[0], Reason: text}}
		built := sample()
		built.Timeline = append(built.Timeline,
			trace.Step{Stage: text, Name: "RUN " + text, Took: whole(built)}, trace.Step{Stage: "export", Name: text, Own: true, Failed: true, Took: whole(built)})
		built.Warnings = []trace.Warning{{Message: text, File: text, Line: 1}, {Message: text}}
		s.Built(built)
		if err := s.Success(o); err != nil {
			t.Fatal(err)
		}
		page := render(t, read(t, s.summary))
		for _, live := range []string{"<a ", "<img", "<b>", "<del", "<strong>", "<em>", "<input"} {
			if strings.Contains(page, live) {
				t.Errorf("%q is a %s in the summary:\n%s", text, live, page)
			}
		}
		for _, one := range element.Split(code.ReplaceAllString(page, "<code>"), -1) {
			if hit := found.FindString(one); hit != "" {
				t.Errorf("%q is live in the summary, by %q", text, hit)
			}
		}
		if rows := strings.Count(page, "<tr>"); rows != strings.Count(read(t, s.summary), "\n|")-strings.Count(read(t, s.summary), "\n|---") {
			t.Errorf("%q breaks a table:\n%s", text, page)
		}
	}
}

// A step's name is read as it is written.
func TestCodeSpan(t *testing.T) {
	t.Parallel()
	for _, text := range linkingText {
		for what, markdown := range map[string]string{"a line": codeSpan(text), "a cell": "| a | b |\n|---|---|\n| " + cell(codeSpan(text)) + " | x |\n"} {
			page := render(t, markdown)
			inside := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(strings.TrimSuffix(strings.TrimPrefix(code.FindString(page), "<code>"), "</code>"))
			want := text
			if what == "a cell" {
				want = strings.ReplaceAll(text, `\|`, `\ |`)
			}
			if inside != want {
				t.Errorf("in %s %q is %q, want %q:\n%s", what, text, inside, want, page)
			}
		}
	}
}
