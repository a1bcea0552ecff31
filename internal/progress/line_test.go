package progress

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", longest)
	bar := ""
	for range 10000 {
		bar += "\r==========> 50%"
	}
	cases := []struct {
		name   string
		writes []string
		want   []string
	}{
		{"one", []string{"a\n"}, []string{"a"}},
		{"in pieces", []string{"a", "b", "c\nd", "\n"}, []string{"abc", "d"}},
		{"no end", []string{"a\nb"}, []string{"a", "b"}},
		{"nothing", []string{""}, nil},
		{"blank lines", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"line ends of Windows", []string{"a\r\nb\r", "\n"}, []string{"a", "b"}},
		{"a bar", []string{"10%\r20%\r30%\n"}, []string{"30%"}},
		{"a bar in pieces", []string{"10%\r", "20%", "\r30%\r"}, []string{"30%"}},
		{"a bar that clears its line", []string{"50%\r100%\r\x1b[K\n"}, []string{"100%"}},
		{"a bar without an end", []string{bar}, []string{"==========> 50%"}},
		{"a bar that ends each time", []string{strings.Repeat("x%\r", longestBar), "50%\r", "100%\n"}, []string{"100%"}},
		{"a bar whose last is blank", []string{strings.Repeat("x%\r", longestBar), "\n"}, []string{"x%"}},
		{"a bar and then a line", []string{bar, "\rdone\n"}, []string{"done"}},
		{"as long as may be", []string{long + "\n"}, []string{long}},
		{"longer", []string{long + "y\n"}, []string{long, "y"}},
		{"longer, in pieces", []string{long, long, "y", "y\n"}, []string{long, long, "yy"}},
		{"longer, in the middle of a character", []string{long[1:] + "é\n"}, []string{long[1:], "é"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			var s stream
			emit := func(line []byte) { got = append(got, string(line)) }
			for _, text := range c.writes {
				s.write([]byte(text), emit)
			}
			s.end(emit)
			if !slices.Equal(got, c.want) {
				t.Errorf("lines %.100q, want %.100q", got, c.want)
			}
		})
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, line, want, coloured string }{
		{"text", "a\tb é 日本 🚀", "a\tb é 日本 🚀", "a\tb é 日本 🚀"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red", "\x1b[1;31mred\x1b[0m\x1b[0m"},
		{"colours by number", "\x1b[38:5:200mpink", "pink", "\x1b[38:5:200mpink\x1b[0m"},
		{"cursor and screen", "\x1b[2J\x1b[H\x1b[10;10Ha\x1b[3A\x1b[?25lb", "ab", "ab"},
		{"terminal's settings that end as colours do", "\x1b[>4;2ma\x1b[?4mb\x1b[ mc", "abc", "abc"},
		{"title", "\x1b]0;evil\aa\x1b]2;evil\x1b\\b", "ab", "ab"},
		{"link", "\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\", "click", "click"},
		{"clipboard", "a\x1b]52;c;ZXZpbA==\a", "a", "a"},
		{"a title without an end", "a\x1b]0;evil", "a", "a"},
		{"device control", "\x1bPevil\x1b\\a\x1b_evil\x1b\\b\x1b^evil\x1b\\c\x1bXevil\x1b\\d", "abcd", "abcd"},
		{"character sets", "\x1b(0a\x1b#8b\x1bcc\x1b7d", "abcd", "abcd"},
		{"the second set of controls", "a\u009b2Jb\u0085c\u009d0;x\u009c", "a2Jbc0;x", "a2Jbc0;x"},
		{"its bytes", "a\x9b2Jb", "a\ufffd2Jb", "a\ufffd2Jb"},
		{"controls", "a\ab\bc\x00d\x7fe\x0bf\x0cg\x0e", "abcdefg", "abcdefg"},
		{"no UTF-8", "a\xff\xfeb\xc3", "a\ufffd\ufffdb\ufffd", "a\ufffd\ufffdb\ufffd"},
		{"escape at last", "a\x1b", "a", "a"},
		{"escape in an escape", "a\x1b[\x1b[2Jb\x1b\x1b[Hc", "abc", "abc"},
		{"nothing but an escape", "\x1b[2J", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(appendClean(nil, []byte(c.line), false)); got != c.want {
				t.Errorf("%q becomes %q, want %q", c.line, got, c.want)
			}
			if got := string(appendClean(nil, []byte(c.line), true)); got != c.coloured {
				t.Errorf("%q becomes %q with colours, want %q", c.line, got, c.coloured)
			}
		})
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		0: "    0.0 ", 149 * time.Millisecond: "    0.1 ", 59999 * time.Millisecond: "   59.9 ", -time.Second: "    0.0 ",
		100 * time.Hour: "360000.0 ",
	} {
		if got := string(appendTime(nil, began, began.Add(after))); got != want {
			t.Errorf("%s is %q, want %q", after, got, want)
		}
	}
	if got := string(appendTime(nil, began, time.Time{})); got != "        " {
		t.Errorf("no time is %q", got)
	}
}
