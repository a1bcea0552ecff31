package trace

import (
	"slices"
	"strings"
	"testing"
)

func TestTailKeepsTheLastLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                {"", nil},
		"one line":               {"one\n", []string{"one"}},
		"a line without end":     {"one\ntwo", []string{"one", "two"}},
		"empty lines":            {"\n \none\n\n\r\n", []string{"one"}},
		"lines of Windows":       {"one\r\ntwo\r\n", []string{"one", "two"}},
		"a progress bar":         {"10%\r20%\r100%\ndone\r", []string{"100%", "done"}},
		"a long progress bar":    {strings.Repeat("x", 2*longestLine) + "\rdone\n", []string{"done"}},
		"colours and the cursor": {"\x1b[1;31mred\x1b[0m\x1b[2K\x1b(B ok\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b7\n", []string{"red oklink"}},
		"an escape alone":        {"a\x1b\n", []string{"a"}},
		"control letters":        {"a\x00\x08b\tc\u0085\n", []string{"ab\tc"}},
		"no UTF-8":               {"a\xff\xfeb\n", []string{"a��b"}},
		"a line that just fits":  {strings.Repeat("x", longestLine) + "\n", []string{strings.Repeat("x", longestLine)}},
		"a line that is too long": {
			strings.Repeat("x", longestLine+1) + "\nnext\n", []string{"(a line of more than 1000 bytes)", "next"},
		},
		"twelve lines": {"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", []string{"3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, letters := &tail{}, &tail{}
			whole.write(1, []byte(c.text))
			for i := range len(c.text) { // however it arrives
				letters.write(1, []byte(c.text[i:i+1]))
			}
			if got := whole.end(); !slices.Equal(got, c.want) {
				t.Errorf("the lines are %q, want %q", got, c.want)
			}
			if got := letters.end(); !slices.Equal(got, c.want) {
				t.Errorf("letter by letter the lines are %q, want %q", got, c.want)
			}
		})
	}
}

// A step may print for hours, and what is kept of it stays small.
func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	last := &tail{}
	for range 1000 {
		last.write(1, []byte(strings.Repeat("no end", 1000)))
		last.write(1, []byte(strings.Repeat("line of some length\n", 1000)))
	}
	if cap(last.open[1].text) > 4*longestLine || cap(last.lines) > 4*tailLines {
		t.Errorf("it holds a line of %d bytes and %d lines", cap(last.open[1].text), cap(last.lines))
	}
}

// A shell writes its error in pieces, and the kernel hands out what another program
// has printed in between.
func TestTailKeepsStreamsApart(t *testing.T) {
	t.Parallel()
	both := &tail{}
	both.write(2, []byte("/bin/sh: "))
	both.write(1, []byte("one\ntw"))
	both.write(2, []byte("frobnicate: not found\nno end"))
	both.write(1, []byte("o"))
	want := []string{"one", "/bin/sh: frobnicate: not found", "two", "no end"}
	if got := both.end(); !slices.Equal(got, want) {
		t.Errorf("the lines are %q, want %q", got, want)
	}
}
