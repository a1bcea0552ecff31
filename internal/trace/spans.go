package trace

import (
	"slices"
	"time"

	"github.com/moby/buildkit/client"
)

// Span is a time in which BuildKit was at a vertex, by the builder's clock.
type Span struct{ Start, Stop time.Time } // Stop is zero as long as it is at it

// Spans are the times in which BuildKit was at a vertex, or at several that are one
// step. It starts and completes one several times: for the key of the cache, say, and
// to run it.
type Spans []Span

// Note takes down what BuildKit says of a vertex, which it may say again. It tells
// whether that is the start of another span.
func (s *Spans) Note(v *client.Vertex) (isNew bool) {
	if v.Started == nil {
		return false
	}
	one := Span{Start: *v.Started}
	if v.Completed != nil {
		one.Stop = *v.Completed
	}
	for i := range *s {
		if (*s)[i].Start.Equal(one.Start) {
			if !one.Stop.IsZero() {
				(*s)[i].Stop = one.Stop
			}
			return false
		}
	}
	*s = append(*s, one)
	return true
}

// Running tells whether BuildKit is at it.
func (s Spans) Running() bool {
	return slices.ContainsFunc(s, func(one Span) bool { return one.Stop.IsZero() })
}

// Began is the first start; zero where there is none.
func (s Spans) Began() (first time.Time) {
	for _, one := range s {
		if first.IsZero() || one.Start.Before(first) {
			first = one.Start
		}
	}
	return first
}

// Ended is the last stop; zero where there is none.
func (s Spans) Ended() (last time.Time) {
	for _, one := range s {
		if one.Stop.After(last) {
			last = one.Stop
		}
	}
	return last
}

// Took is all the time in which BuildKit was at it, without the pauses in between, and
// what overlaps once. A span that has no stop is left out.
func (s Spans) Took() (sum time.Duration) {
	ordered := slices.Clone(s)
	slices.SortFunc(ordered, func(a, b Span) int { return a.Start.Compare(b.Start) })
	var until time.Time
	for _, one := range ordered {
		if one.Start.Before(until) {
			one.Start = until
		}
		if one.Stop.After(one.Start) {
			sum += one.Stop.Sub(one.Start)
			until = one.Stop
		}
	}
	return sum
}

// stopped are the spans with an end for those that have none: the build ended while
// BuildKit was at them.
func (s Spans) stopped(end time.Time) Spans {
	if !s.Running() {
		return s
	}
	all := slices.Clone(s)
	for i := range all {
		if all[i].Stop.IsZero() {
			all[i].Stop = end
		}
	}
	return all
}
