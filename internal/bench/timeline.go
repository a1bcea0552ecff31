package main

import (
	"fmt"
	"io"
	"regexp"
)

// timelines prints one for each program, if that is wanted.
func (b *bench) timelines(what string, samples []sample) {
	for i, s := range samples {
		if b.timeline {
			printTimeline(b.out, programs[i]+", "+what, s)
		}
	}
}

// printTimeline lists what was asked of the far registry in the last round, with
// milliseconds since the start of the process. Digests are cut to eight digits.
func printTimeline(out io.Writer, title string, s sample) {
	fmt.Fprintf(out, "%s: %s in all\n", title, milliseconds(s.times[len(s.times)-1]))
	for _, r := range s.last {
		fmt.Fprintf(out, "  %7.1f  %3d %-5s %s\n", float64(r.Time.Sub(s.started).Microseconds())/1000, r.Status, r.Method, shorten(r.Path))
	}
	fmt.Fprintln(out)
}

var longDigest = regexp.MustCompile(`(sha256:[0-9a-f]{8})[0-9a-f]{56}`)

func shorten(path string) string { return longDigest.ReplaceAllString(path, "$1") }
