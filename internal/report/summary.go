package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker/go-units"
)

// maxSummary is what GitHub shows of a step's summary, in bytes; a larger one is
// dropped whole.
const maxSummary = 1 << 20

// writeSummary writes Markdown into the job summary. It is put together without a
// template: text/template calls methods by name, and with that the linker keeps
// every method of every package, 8 MB of them.
func (r *Reporter) writeSummary(markdown string) error {
	page := r.mask.hide(markdown)
	if len(page) > maxSummary {
		page = strings.ToValidUTF8(page[:maxSummary-100], "") + "\n\n(the rest is left out)\n" // not half a letter
	}
	return appendTo(r.summary, page)
}

// failureSummary is the summary of a run that failed.
func failureSummary(all []error) string {
	var page strings.Builder
	page.WriteString("### Slipway failed\n\n")
	for _, one := range all {
		page.WriteString(codeBlock(one.Error()) + "\n\n")
	}
	return page.String()
}

// successSummary is the summary of a run that has built.
func successSummary(o Outcome) string {
	var page strings.Builder
	if o.Pushed {
		fmt.Fprintf(&page, "### Published `%s`\n\n| | |\n|---|---|\n", o.Version)
		row(&page, "Digest", "`%s`", o.Digest)
	} else {
		fmt.Fprintf(&page, "### Built `%s`, not published\n\nNot published: %s.\n\n| | |\n|---|---|\n", o.Version, plain(o.Reason))
	}
	if o.Pushed {
		for _, tag := range o.Tags {
			row(&page, "Tag", "`%s`", tag)
		}
		for _, platform := range slices.Sorted(maps.Keys(o.Platforms)) {
			row(&page, "Platform", "`%s` `%s`", platform, o.Platforms[platform])
		}
	}
	if o.PackageURL != "" {
		row(&page, "Package", "<%s>", o.PackageURL)
	}
	if o.Visibility != "" {
		row(&page, "Visibility", "%s", plain(o.Visibility))
	}
	for _, stay := range o.Stays {
		row(&page, "Not moved", "`%s`: %s", stay.Tag, plain(stay.Reason))
	}
	for _, tag := range o.Loaded {
		row(&page, "Loaded", "`%s`", tag)
	}
	if o.Pushed && o.Size > 0 {
		row(&page, "Size", "%s", units.HumanSize(float64(o.Size)))
	}
	row(&page, "Time", "%s", round(o.Took))
	row(&page, "Steps", "%d, %d from the cache", o.Steps, o.Cached)
	row(&page, "Builder", "%s", plain(o.Builder))
	if o.Pushed {
		fmt.Fprintf(&page, "\n```\ndocker pull %s\n```\n", o.Pull)
	}
	return page.String()
}

// row writes a line of a table.
func row(page *strings.Builder, what, format string, args ...any) {
	fmt.Fprintf(page, "| "+what+" | "+format+" |\n", args...)
}

// codeBlock puts text that strangers may have written where Markdown and HTML
// mean nothing. The fence is longer than any in the text.
func codeBlock(s string) string {
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
