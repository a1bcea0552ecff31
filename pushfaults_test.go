package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ledger counts runs by their fault.
type ledger struct {
	mu   sync.Mutex
	rows map[string]*tally
}

// tally is one row of the ledger.
type tally struct {
	injected, survived, refused, lost int
}

// count enters a run that has met its fault.
func (l *ledger) count(row string, code int, lost []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows == nil {
		l.rows = map[string]*tally{}
	}
	if l.rows[row] == nil {
		l.rows[row] = &tally{}
	}
	a := l.rows[row]
	a.lost += len(lost)
	a.injected++
	switch {
	case len(lost) > 0:
	case code == 0:
		a.survived++
	default:
		a.refused++
	}
}

func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var text strings.Builder
	text.WriteString("| fault | injected | survived | refused cleanly | lost = 0 |\n|---|---|---|---|---|\n")
	var sum tally
	for _, row := range slices.Sorted(maps.Keys(l.rows)) {
		a := l.rows[row]
		fmt.Fprintf(&text, "| %s | %d | %d | %d | %d |\n", row, a.injected, a.survived, a.refused, a.lost)
		sum.injected, sum.survived, sum.refused, sum.lost = sum.injected+a.injected, sum.survived+a.survived, sum.refused+a.refused, sum.lost+a.lost
	}
	fmt.Fprintf(&text, "| all | %d | %d | %d | %d |\n", sum.injected, sum.survived, sum.refused, sum.lost)
	return text.String()
}

// totals are how many faults all runs together have met, and lost by.
func (l *ledger) totals() (injected, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.rows {
		injected, lost = injected+a.injected, lost+a.lost
	}
	return injected, lost
}

// mostFaults is how many of the 281 faults happen on a busy machine, too.
const mostFaults = 240

// TestPushFaults breaks pushes in every way that is known of registries and networks, and counts what was lost: nothing
// may be. A run ends with what it says in the registry, to the last byte, or it fails and says what it has left.
func TestPushFaults(t *testing.T) { //nolint:paralleltest // it fills the machine by itself, and its faults need their moment
	l := &ledger{}
	lab := newFaultLab(t, l)
	t.Run("faults", func(t *testing.T) { //nolint:paralleltest // the table comes after it
		var groups sync.WaitGroup
		for _, group := range []struct {
			name string
			test func(*testing.T, *faultLab)
		}{
			{"every request", testEveryRequest},
			{"refusals", testRefusals},
			{"storms", testStorms},
			{"large blob", testLargeBlob},
			{"restart", testRestart},
			{"two at once", testTwoRuns},
			{"tokens", testTokens},
			{"names", testNames},
			{"thousand tags", testThousandTags},
			{"ten registries", testTenRegistries},
		} {
			groups.Go(func() {
				t.Run(group.name, func(t *testing.T) { group.test(t, lab) }) //nolint:paralleltest // they are at once, and not as few as go test lets be: they mostly wait
			})
		}
		groups.Wait()
	})
	t.Log("\n" + l.String())
	injected, lost := l.totals()
	if lost > 0 {
		t.Errorf("%d things were lost", lost)
	}
	if injected < mostFaults {
		t.Errorf("%d faults were injected, want at least %d: some requests are not made every time, but nearly all", injected, mostFaults)
	}
}
