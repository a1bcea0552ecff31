package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// row is a line of the table.
type row struct {
	what  string
	cells [3]string // slipway, buildctl, buildx; empty: not measured
	ratio string    // empty: nothing to compare with
	goal  string    // empty: there is none
	met   bool
}

// timeRow shows the median times.
func timeRow(what string, samples []sample) row {
	r := row{what: what}
	for i, s := range samples {
		r.cells[i] = milliseconds(median(s.times))
	}
	return r
}

// processorRow shows the median times that the processor was busy with the program.
func processorRow(what string, samples []sample) row {
	r := row{what: what}
	for i, s := range samples {
		r.cells[i] = milliseconds(median(s.busy))
	}
	return r
}

// uses compares the processor's time, and sets a goal.
func (r row) uses(whom string, ours, theirs sample, most float64) row {
	times := median(ours.busy).Seconds() / median(theirs.busy).Seconds()
	r.ratio, r.met = fmt.Sprintf("%.2f", times), times <= most
	r.goal = fmt.Sprintf("at most %.2f × %s", most, whom)
	return r
}

// peakRow shows how much memory each program of the row before had at most, in any round. The
// goal is for the first.
func peakRow(samples []sample, most int64) row {
	r := row{what: "most memory in that build", goal: "at most " + megabytes(most), met: slices.Max(samples[0].peaks) <= most}
	for i, s := range samples {
		r.cells[i] = megabytes(slices.Max(s.peaks))
	}
	return r
}

// withRequests adds how many requests reached the far registry.
func (r row) withRequests(samples []sample) row {
	for i, s := range samples {
		r.cells[i] += fmt.Sprintf(", %d requests", median(s.requests))
	}
	return r
}

// beside compares the medians of two contenders.
func (r row) beside(ours, theirs sample) row {
	r.ratio = fmt.Sprintf("%.2f", ratio(ours, theirs))
	return r
}

// against compares and sets a goal.
func (r row) against(whom string, ours, theirs sample, most float64) row {
	r = r.beside(ours, theirs)
	r.goal = fmt.Sprintf("at most %.2f × %s", most, whom)
	r.met = ratio(ours, theirs) <= most
	return r
}

// within compares with the slowest of others, and sets a goal: so many times as
// long, and so many milliseconds more.
func (r row) within(whom string, ours sample, others []sample, most float64, more int) row {
	slowest := slices.MaxFunc(others, func(a, b sample) int { return cmp.Compare(median(a.times), median(b.times)) })
	extra := time.Duration(more) * time.Millisecond
	r = r.beside(ours, slowest)
	r.goal = fmt.Sprintf("at most %.2f × %s and %s", most, whom, extra)
	r.met = median(ours.times) <= time.Duration(most*float64(median(slowest.times)))+extra
	return r
}

func ratio(ours, theirs sample) float64 {
	return median(ours.times).Seconds() / median(theirs.times).Seconds()
}

// atMost sets a goal in milliseconds.
func (r row) atMost(ours sample, most int) row {
	limit := time.Duration(most) * time.Millisecond
	r.goal = "at most " + limit.String()
	r.met = median(ours.times) <= limit
	return r
}

// always sets a goal in milliseconds for the slowest round, and that the reason
// is said in each.
func (r row) always(ours sample, most int) row {
	limit := time.Duration(most) * time.Millisecond
	slowest := slices.Max(ours.times)
	r.cells[0] += fmt.Sprintf(", slowest %s", milliseconds(slowest))
	if ours.unsaid > 0 {
		r.cells[0] += fmt.Sprintf(", %d of %d without the reason", ours.unsaid, len(ours.times))
	}
	r.goal = "always at most " + limit.String() + ", and the reason said"
	r.met = slowest <= limit && ours.unsaid == 0
	return r
}

// table returns the rows in Markdown.
func table(rows []row) string {
	var text strings.Builder
	text.WriteString("| what | slipway | buildctl | buildx | ratio | goal | met |\n|---|--:|--:|--:|--:|---|---|\n")
	for _, r := range rows {
		met := ""
		switch {
		case r.goal != "" && r.met:
			met = "yes"
		case r.goal != "":
			met = "**no**"
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s | %s |\n", r.what, r.cells[0], r.cells[1], r.cells[2], r.ratio, r.goal, met)
	}
	return text.String()
}

// decision counts the goals that are met.
func decision(rows []row) string {
	met, all := 0, 0
	for _, r := range rows {
		if r.goal == "" {
			continue
		}
		all++
		if r.met {
			met++
		}
	}
	return fmt.Sprintf("%d of %d goals are met.", met, all)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
