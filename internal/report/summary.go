package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/duration"
	"github.com/slipway-build/slipway/internal/host"
)

// maxSummary is what GitHub shows of a step's summary, in bytes; a larger one is
// dropped whole.
const maxSummary = 1 << 20

// What a summary lists at most; the log and the outputs have all.
const (
	mostRows     = 100
	mostWarnings = 10
	mostSlow     = 5
	mostErrors   = 50       // also of annotations
	mostText     = 1000     // letters of a reason or a message
	mostError    = 16 << 10 // letters of an error
	mostTitle    = 120      // letters of a step's name
)

const leftOut = "\n(the rest is left out)\n"

// writeSummary writes Markdown into the job summary, the most important part first.
// Where it would be more than GitHub takes, the last parts are left out as a whole. It
// is put together without a template: text/template calls methods by name, and with
// that the linker keeps every method of every package, 8 MB of them.
func (r *Reporter) writeSummary(parts []string) error {
	var page strings.Builder
	for _, part := range parts {
		hidden := r.mask.hide(part)
		if hidden != part && strings.HasPrefix(part, "#### Timeline") {
			continue // its own words were taken for a secret: nobody can draw it
		}
		if page.Len()+len(hidden) > maxSummary-len(leftOut) {
			page.WriteString(leftOut)
			break
		}
		page.WriteString(hidden)
	}
	return appendTo(r.summary, page.String())
}

// failureSummary is the summary of a run that failed.
func (r *Reporter) failureSummary(all []error) []string {
	parts := []string{"### Slipway failed\n\n"}
	for i, one := range all {
		if i == mostErrors {
			parts = append(parts, fmt.Sprintf("and %s\n\n", plural(len(all)-i, "more error")))
			break
		}
		parts = append(parts, codeBlock(cutText(r.mask.hide(one.Error()), mostError))+"\n\n")
	}
	if r.built.Steps > 0 {
		parts = append(parts, fmt.Sprintf("Before the failure: %s, in %s.\n", hits(r.built), duration.Text(whole(r.built))))
	}
	if notes := list("Worth knowing", r.notes(), mostRows); notes != "" {
		parts = append(parts, notes)
	}
	return append(parts, r.builtParts()...)
}

// cutText cuts text of several lines after so many letters.
func cutText(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "\n(the rest is left out)"
	}
	return text
}

// successSummary is the summary of a run that did what it was to do.
func (r *Reporter) successSummary(o Outcome) []string {
	var head strings.Builder
	switch {
	case o.Pushed && len(o.Tags) == 0:
		fmt.Fprintf(&head, "### Published by digest\n\n%s\n", codeBlock(pulls(o)))
	case o.Pushed:
		fmt.Fprintf(&head, "### Published `%s`\n\n%s\n", o.Version, codeBlock(pulls(o)))
	default:
		fmt.Fprintf(&head, "### Built `%s`, not published\n\nNot published: %s.\n", o.Version, r.words(o.Reason))
	}
	parts := []string{head.String()}
	if o.Pushed {
		parts = append(parts, references(o), platforms(o))
	}
	parts = append(parts, r.facts(o), r.notDone(o))
	return append(parts, r.builtParts()...)
}

// pulls are the commands that pull what was published, one for each repository.
func pulls(o Outcome) string {
	commands := []string{"docker pull " + host.Shown(o.Pull.Name())}
	for _, image := range o.Images[min(1, len(o.Images)):min(mostRows, len(o.Images))] {
		commands = append(commands, "docker pull "+host.Shown(image.Name()))
	}
	return strings.Join(commands, "\n")
}

// references names the digest, and beside it what it is published as.
func references(o Outcome) string {
	names := make([]string, 0, len(o.Tags))
	for _, tag := range o.Tags {
		names = append(names, fmt.Sprintf("`%s`", host.Shown(tag.Name())))
	}
	if len(names) == 0 {
		names = append(names, fmt.Sprintf("`%s`", host.Shown(o.Images[0].Context().Name())))
	}
	if more := len(names) - mostRows; more > 0 {
		names = append(names[:mostRows], fmt.Sprintf("and %d more, in the output `tags`", more))
	}
	var page strings.Builder
	page.WriteString("\n| Digest | Published as |\n|---|---|\n")
	for i, name := range names {
		digest := ""
		if i == 0 {
			digest = fmt.Sprintf("`%s`", o.Digest)
		}
		fmt.Fprintf(&page, "| %s | %s |\n", digest, name)
	}
	return page.String()
}

// platforms lists what the platforms weigh, and how that differs from before.
func platforms(o Outcome) string {
	if len(o.Sizes) == 0 {
		return ""
	}
	var page strings.Builder
	weighed := slices.ContainsFunc(o.Sizes, func(s Size) bool { return s.Bytes > 0 })
	if weighed {
		page.WriteString("\n| Platform | Digest | Size | Change |\n|---|---|--:|--:|\n")
	} else {
		page.WriteString("\n| Platform | Digest |\n|---|---|\n")
	}
	for i, one := range o.Sizes {
		if i == mostRows {
			fmt.Fprintf(&page, "| and %d more, in the output `platforms` |\n", len(o.Sizes)-i)
			break
		}
		fmt.Fprintf(&page, "| `%s` | `%s` |", one.Platform, one.Digest)
		if weighed {
			fmt.Fprintf(&page, " %s | %s |", together(one.weight()), together(one.change()))
		}
		page.WriteByte('\n')
	}
	if slices.ContainsFunc(o.Sizes, func(s Size) bool { return s.Before > 0 }) {
		fmt.Fprintf(&page, "\nThe change is against what `%s` held before.\n", host.Shown(o.Against.Name()))
	}
	return page.String()
}

// facts is what there is to say in a word each.
func (r *Reporter) facts(o Outcome) string {
	names, values := []string{"Time"}, []string{together(duration.Text(o.Took))}
	add := func(what, value string) {
		if value != "" {
			names, values = append(names, what), append(values, value)
		}
	}
	if r.built.Steps > 0 {
		add("Steps", hits(r.built))
	}
	add("Builder", r.words(o.Builder))
	add("Visibility", plain(o.Visibility))
	text := "\n| " + strings.Join(names, " | ") + " |\n" + strings.Repeat("|---", len(names)) + "|\n| " + strings.Join(values, " | ") + " |\n"
	if o.PackageURL != "" {
		text += "\nPackage: <" + o.PackageURL + ">\n"
	}
	var loaded []string
	for _, tag := range o.Loaded {
		loaded = append(loaded, fmt.Sprintf("`%s`", host.Tag(tag)))
	}
	return text + list("In the Docker engine", loaded, mostRows)
}

// notDone says what was not done although it might have been, and why.
func (r *Reporter) notDone(o Outcome) string {
	lines := r.notes()
	for _, unmoved := range o.Unmoved {
		lines = append(lines, fmt.Sprintf("`%s` was not moved: %s", host.Shown(unmoved.Tag.Name()), r.words(unmoved.Reason)))
	}
	for _, one := range r.built.Timeline {
		if one.Own && one.Failed {
			lines = append(lines, codeSpan(titleOf(one, mostTitle))+" failed, and the build went on without it")
		}
	}
	for _, remark := range o.Remarks {
		lines = append(lines, r.words(remark))
	}
	return list("Worth knowing", lines, mostRows)
}

func (r *Reporter) notes() []string {
	lines := make([]string, len(r.noted))
	for i, note := range r.noted {
		lines[i] = r.words(note)
	}
	return lines
}

// builtParts are the parts that tell what the build did.
func (r *Reporter) builtParts() []string {
	var parts []string
	var found []string
	for _, w := range r.built.Warnings {
		at := ""
		if w.File != "" {
			at = codeSpan(shorten(r.mask.hide(place(w.File, w.Line)), mostTitle)) + " "
		}
		found = append(found, at+r.words(w.Message))
	}
	if text := list(plural(len(found), "warning"), found, mostWarnings); text != "" {
		parts = append(parts, text)
	}
	if slowest := slowest(r.built, mostSlow); len(slowest) > 0 && r.built.Steps > 0 {
		var page strings.Builder
		page.WriteString("\n#### Slowest steps\n\n| Step | Stage | Time | Share |\n|---|---|--:|--:|\n")
		for _, one := range slowest {
			fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", cell(codeSpan(titleOf(one, mostTitle))), cell(codeSpan(shorten(where(one), mostTitle))), duration.Text(one.Took), percent(one.Took, whole(r.built)))
		}
		parts = append(parts, page.String())
	}
	if picture := timeline(r.built); picture != "" && r.built.Steps > 0 {
		parts = append(parts, "\n", "#### Timeline\n\n"+picture)
	}
	return parts
}

// list is a titled list of at most so many lines, or nothing where there are none.
func list(title string, lines []string, most int) string {
	if len(lines) == 0 {
		return ""
	}
	if more := len(lines) - most; more > 0 {
		lines = append(slices.Clone(lines[:most]), fmt.Sprintf("and %d more, which the log has", more))
	}
	return "\n#### " + title + "\n\n- " + strings.Join(lines, "\n- ") + "\n"
}
