package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/terminal"
	"github.com/slipway-build/slipway/internal/trace"
)

// Built takes what a build did, for the summary of a run that fails as well as for
// that of one that does not.
func (r *Reporter) Built(b trace.Build) {
	b.Timeline = slices.Clone(b.Timeline)
	for i := range b.Timeline {
		b.Timeline[i].Name, b.Timeline[i].Stage = r.mask.hide(b.Timeline[i].Name), r.mask.hide(b.Timeline[i].Stage)
	}
	b.Warnings = slices.Clone(b.Warnings)
	for i, w := range b.Warnings {
		b.Warnings[i].File, b.Warnings[i].Message = r.relative(w.File), r.mask.hide(w.Message)
	}
	r.built = b
}

// Detailed tells whether anybody is shown what it costs requests to learn.
func (r *Reporter) Detailed() bool { return r.summary != "" || r.action == nil }

// whole is how long the build took.
func whole(b trace.Build) time.Duration {
	var last time.Duration
	for _, one := range b.Timeline {
		last = max(last, one.Ended)
	}
	return last
}

// What of a build's own work is not worth a line: less than a hundredth of it.
const worth = 100

// shown returns the steps that a picture of at most so many shows: those that
// failed and those that took longest, in their order. BuildKit's own work is among
// them where it took long enough to be worth it.
func shownSteps(b trace.Build, most int) (steps []trace.Step, left int) {
	all := whole(b)
	for _, one := range b.Timeline {
		if !one.Own || one.Failed || one.Took > all/worth && !one.Cached {
			steps = append(steps, one)
		}
	}
	if len(steps) > most {
		order := make([]int, len(steps))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return byTime(steps[a], steps[b]) })
		kept := make([]trace.Step, most)
		for i, at := range slices.Sorted(slices.Values(order[:most])) {
			kept[i] = steps[at]
		}
		steps = kept
	}
	return steps, len(b.Timeline) - len(steps)
}

// byTime puts what failed first, then what took longest.
func byTime(a, b trace.Step) int {
	if a.Failed != b.Failed {
		if a.Failed {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(b.Took, a.Took), cmp.Compare(a.Began, b.Began))
}

// notable is the time that somebody may want to shorten.
const notable = 50 * time.Millisecond

// slowest returns the steps that took longest, at most so many.
func slowest(b trace.Build, most int) []trace.Step {
	steps := slices.DeleteFunc(slices.Clone(b.Timeline), func(s trace.Step) bool { return s.Cached || s.Took < notable })
	slices.SortStableFunc(steps, func(a, b trace.Step) int { return cmp.Compare(b.Took, a.Took) })
	return steps[:min(len(steps), most)]
}

// hits says how much came out of the cache, in words.
func hits(b trace.Build) string {
	return strconv.Itoa(b.Cached) + " of " + plural(b.Steps, "step") + " from the cache"
}

// title is a step's name on one line, without the digest of a base image, which
// nobody reads.
func titleOf(s trace.Step, most int) string {
	words := strings.Fields(s.Name)
	for i, word := range words {
		if at := strings.Index(word, "@sha256:"); at > 0 {
			words[i] = word[:at]
		}
	}
	return shorten(strings.Join(words, " "), most)
}

// where is a step's stage, and its platform where there are several.
func where(s trace.Step) string {
	return cmp.Or(strings.TrimSpace(s.Stage+" "+s.Platform), "Dockerfile")
}

// shorten makes one line of at most so many letters and as many columns: some letters
// are two columns wide, others none.
func shorten(text string, most int) string {
	text = terminal.OneLine(strings.Join(strings.Fields(text), " "))
	letters := []rune(text)
	if len(letters) <= most && terminal.Width(text) <= most {
		return text
	}
	return strings.TrimSpace(terminal.Cut(string(letters[:min(len(letters), most-1)]), most-1, "")) + "…"
}
