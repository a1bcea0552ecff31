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
