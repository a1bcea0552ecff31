package dockerengine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A name tells all that others must know of a run, and is no other run's.
func TestTraces(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Trace{
		"slipway.invalid/run:abc":                {Kind: OfRun, ID: "abc"},
		"slipway.invalid/turn:0f.3.1700000000.a": {Kind: OfTurn, key: "0f", number: 3, at: 1700000000, ID: "a"},
		"slipway.invalid/loan:0f.abc":            {Kind: ofLoan, key: "0f", ID: "abc"},
	} {
		got, ok := parseTrace(name)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Trace{})); diff != "" || !ok {
			t.Errorf("%s is %v:\n%s", name, ok, diff)
		}
	}
	for _, name := range []string{
		"", "<none>:<none>", "octo/app:1", "slipway.invalid/run", "slipway.invalid/other:abc", "slipway.invalid/run:a.b",
		"slipway.invalid/turn:0f.3.x.a", "slipway.invalid/turn:0f.03.1.a", "slipway.invalid/turn:a", "slipway.invalid/loan:a", "example.com/run:abc",
	} {
		if got, ok := parseTrace(name); ok {
			t.Errorf("%q is taken for %+v", name, got)
		}
	}
}

// The lowest number is served, of two the same the run that sorts first, and nobody
// before one that is still choosing.
func TestWhoComesFirst(t *testing.T) {
	t.Parallel()
	s := &Store{id: "m"}
	now := s.Now().Unix()
	of := func(number int, id string, at int64) Trace {
		return Trace{Kind: OfTurn, key: "k", number: number, at: at, ID: id}
	}
	mine := &Turn{store: s, key: "k", ours: of(2, "m", now)}
	elsewhere := of(1, "a", now)
	elsewhere.key = "other"
	for title, c := range map[string]struct {
		other  Trace
		living int
		dead   []string
	}{
		"earlier":               {of(1, "z", now), 1, nil},
		"later":                 {of(3, "a", now), 0, nil},
		"the same, first":       {of(2, "a", now), 1, nil},
		"the same, last":        {of(2, "z", now), 0, nil},
		"choosing":              {of(choosing, "z", now), 1, nil},
		"of something else":     {elsewhere, 0, nil},
		"earlier and dead":      {of(1, "z", now-100), 0, []string{"z"}},
		"choosing, and dead":    {of(choosing, "z", now-100), 0, []string{"z"}},
		"earlier, and was busy": {of(1, "z", now-30), 1, nil},
	} {
		living, dead := mine.before([]Trace{mine.ours, c.other})
		if living != c.living || !cmp.Equal(dead, c.dead) {
			t.Errorf("%s: %d come before, and %q are dead", title, living, dead)
		}
	}
}
