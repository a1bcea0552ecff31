package report

import (
	"cmp"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slipway-build/slipway/internal/terminal"
)

// TestTerminalFits draws the steps of a build as wide as the terminal is, and no
// wider, in colours and without.
func TestTerminalFits(t *testing.T) {
	t.Parallel()
	built := sample()
	built.Timeline[7].Failed = true
	built.Timeline[8].Name = "RUN \x1b[31m\u009b\u202e" + strings.Repeat("é", 10) + strings.Repeat("日本", 300)
	built.Timeline[9].Stage = strings.Repeat("s", 300)
	for _, width := range []int{0, 1, 60, 80, 200} {
		for _, colour := range []bool{false, true} {
			s := newStep(t, false)
			s.screen = screen{func() (int, int) { return width, 24 }, colour}
			s.Built(built)
			s.Failure(os.ErrNotExist)
			text := s.log.String()
			if strings.Contains(text, "\x1b") != colour {
				t.Errorf("%d: colours: %q", width, text)
			}
			text = regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(text, "")
			if strings.ContainsAny(text, "\x1b\u009b\u202e") {
				t.Errorf("%d: a step moves the cursor: %q", width, text)
			}
			widest := 0
			for line := range strings.Lines(text) {
				widest = max(widest, terminal.Width(strings.TrimSuffix(line, "\n")))
			}
			if most := max(cmp.Or(width, defaultWidth), leastWidth); widest > most || widest < most-1 {
				t.Errorf("%d: the widest line has %d columns:\n%s", width, widest, text)
			}
			if width == 80 && !colour {
				checkBars(t, text)
			}
		}
	}
}

// checkBars: a bar begins and ends where its step does.
func checkBars(t *testing.T, text string) {
	t.Helper()
	found := regexp.MustCompile(`(?m)^    RUN go mod download( *)(█+)( *)8\.4s$`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no bar:\n%s", text)
	}
	whole := 39600 * time.Millisecond
	names := 80 * 45 / 100
	columns := float64(80 - names - len("failed 00m 00s") - 5)
	want := func(tenths int) int { return int(columns * float64(tenths) / float64(whole/(100*time.Millisecond))) }
	from := utf8.RuneCountInString("RUN go mod download"+found[1]) - names - 1
	if to := from + utf8.RuneCountInString(found[2]); from != want(19) || to != want(103) {
		t.Errorf("the bar is from %d to %d, want %d to %d:\n%s", from, to, want(19), want(103), text)
	}
	for _, want := range []string{"\n  steps   3 of 12 steps from the cache, in 39.6s\n", "\n  build\n", " failed 21.3s\n", "·", " cached\n", "\n  and 1 more step that took next to no time\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown:\n%s", want, text)
		}
	}
}
