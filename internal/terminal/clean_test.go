package terminal

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, line, want, coloured string }{
		{"text", "a\tb é 日本 🚀", "a\tb é 日本 🚀", "a\tb é 日本 🚀"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red", "\x1b[1;31mred\x1b[0m\x1b[0m"},
		{"colours by number", "\x1b[38:5:200mpink", "pink", "\x1b[38:5:200mpink\x1b[0m"},
		{"cursor and screen", "\x1b[2J\x1b[H\x1b[10;10Ha\x1b[3A\x1b[?25lb", "ab", "ab"},
		{"terminal's settings that end as colours do", "\x1b[>4;2ma\x1b[?4mb\x1b[ mc", "abc", "abc"},
		{"title", "\x1b]0;evil\aa\x1b]2;evil\x1b\\b", "ab", "ab"},
		{"title in UTF-8", "\x1b]0;✓ building “app”\aok", "ok", "ok"},
		{"title that is broken off", "\x1b]0;evil\x18a\x1b]0;evil\x1b[31mb", "ab", "a\x1b[31mb\x1b[0m"},
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
		{"letters in another order", "a\u202eb\u2066c\u200fd", "abcd", "abcd"},
		{"nothing but an escape", "\x1b[2J", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(AppendClean(nil, []byte(c.line), false)); got != c.want {
				t.Errorf("%q becomes %q, want %q", c.line, got, c.want)
			}
			if got := string(AppendClean(nil, []byte(c.line), true)); got != c.coloured {
				t.Errorf("%q becomes %q with colours, want %q", c.line, got, c.coloured)
			}
		})
	}
}

// TestCleanLines leaves the ends of lines where they are.
func TestCleanLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "a\nb\tc": "a\nb\tc", "\x1b[31ma\n\nb\x1b]0;x\nc\n": "a\n\nb\nc\n", "é\r\n": "é\n",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := OneLine("a\r\nb\nc\rd"); got != "a b c d" {
		t.Errorf("one line: %q", got)
	}
}

// FuzzClean lets nothing through that commands a terminal, and no letter of what does
// not get lost.
func FuzzClean(f *testing.F) {
	f.Add([]byte("a\x1b[31mb\x1b[0mc\x1b]0;t\ad\u009be\xff\u202e"))
	f.Add([]byte("\x1b[1;2;3\x1bP\x1b\\\x1b[m\x1b[\x18m"))
	colour := regexp.MustCompile(`\x1b\[[0-9;:]*m`)
	f.Fuzz(func(t *testing.T, line []byte) {
		coloured := string(AppendClean(nil, line, true))
		for _, r := range colour.ReplaceAllString(coloured, "") {
			if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q becomes %q, which has %q", line, coloured, r)
			}
		}
		plain := string(AppendClean(nil, line, false))
		if got := colour.ReplaceAllString(coloured, ""); got != plain {
			t.Fatalf("%q becomes %q in colours, and %q without", line, coloured, plain)
		}
		if !utf8.ValidString(plain) {
			t.Fatalf("%q becomes %q", line, plain)
		}
		if text := string(line); !strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError }) && plain != text {
			t.Fatalf("%q becomes %q", line, plain)
		}
	})
}
