package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// GitHub shows ten warnings of a step. Ours are among them, however many checks
// have found something, and what it does not show is counted.
func TestChecksTakeTheRoomThatIsLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ ours, found, wantPlaces, wantRest int }{
		{0, 0, 0, 0},
		{0, 10, 10, 0},
		{0, 11, 9, 2},
		{3, 7, 7, 0},
		{3, 8, 6, 2},
		{9, 1, 1, 0},
		{9, 2, 0, 2},
		{12, 5, 0, 5},
		{0, 500, 9, 491},
	} {
		t.Run(fmt.Sprintf("%d after %d", c.found, c.ours), func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			for range c.ours {
				s.Warning("", 0, "ours")
			}
			var found []Check
			for i := range c.found {
				found = append(found, Check{File: s.workspace + "/Dockerfile", Line: i + 1, Message: "Casing\nhttps://docs"})
			}
			s.Checks(found)
			places, rest := 0, ""
			for _, one := range obeyed(s.log.String()) {
				switch {
				case one.name == "warning" && one.properties["file"] == "Dockerfile":
					places++
				case one.name == "warning" && one.data != "ours":
					rest = one.data
				}
			}
			if places != c.wantPlaces {
				t.Errorf("%d warnings have a place, want %d", places, c.wantPlaces)
			}
			if want := fmt.Sprintf("and %d more checks", c.wantRest); c.wantRest > 0 != strings.HasPrefix(rest, want) {
				t.Errorf("the rest is told by %q, want %q", rest, want)
			}
			if got := strings.Count(s.log.String(), "\ncheck: Dockerfile:"); got != c.wantRest {
				t.Errorf("the log lists %d of %d more", got, c.wantRest)
			}
		})
	}
}

// The runner cuts the end off a long annotation, which is where it says what to do.
func TestFailureKeepsTheEndOfALongError(t *testing.T) {
	t.Parallel()
	const secret = "h1dd3n-password-which-is-cut-in-two"
	for _, size := range []int{10, maxAnnotation, 2 * maxAnnotation, 1 << 20} {
		s := newStep(t, true)
		s.Mask(secret)
		s.Failure(errors.New("the beginning " + strings.Repeat("ä"+secret, size/len(secret)) + " the end"))
		var said string
		for _, one := range obeyed(s.log.String()) {
			if one.name == "error" {
				said = one.data
			}
		}
		if len(said) > maxAnnotation || !strings.HasPrefix(said, "the beginning ") || !strings.HasSuffix(said, " the end") || !utf8.ValidString(said) {
			t.Errorf("an error of %d bytes becomes %d: %.40q … %.40q", size, len(said), said, said[max(0, len(said)-40):])
		}
		if strings.Contains(said, "h1dd3n") || strings.Contains(said, "in-two") {
			t.Errorf("it shows a part of the secret: %q", said)
		}
	}
}
