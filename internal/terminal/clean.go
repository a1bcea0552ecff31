package terminal

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// reset puts colours back.
const reset = "\x1b[0m"

// Control characters that sequences begin and end with.
const (
	escape     = '\x1b'
	bell       = '\a'
	cancel     = '\x18'
	substitute = '\x1a'
)

// AppendClean appends one line of a stranger's text as it may be shown: without what
// moves the cursor or commands a terminal in another way, without what changes the
// order of letters, and with what is no UTF-8 replaced. Colours stay if they may, and
// are put back at its end.
func AppendClean(to, line []byte, colours bool) []byte {
	coloured := false
	for len(line) > 0 {
		plain := 0
		for plain < len(line) && isPlain(line[plain]) {
			plain++
		}
		to = append(to, line[:plain]...)
		if line = line[plain:]; len(line) == 0 {
			break
		}
		if line[0] == escape {
			sequence := line[:sequenceSize(line)]
			if colours && isColour(sequence) {
				to, coloured = append(to, sequence...), true
			}
			line = line[len(sequence):]
			continue
		}
		r, size := utf8.DecodeRune(line)
		if r >= 0xa0 && !unicode.Is(unicode.Bidi_Control, r) { // below are the second set of controls
			to = utf8.AppendRune(to, r)
		}
		line = line[size:]
	}
	if coloured {
		to = append(to, reset...)
	}
	return to
}

// Clean is AppendClean for a text of several lines, without colours.
func Clean(text string) string {
	if strings.IndexFunc(text, isSpecial) < 0 {
		return text
	}
	var clean []byte
	for line := range strings.Lines(text) {
		line, ended := strings.CutSuffix(line, "\n")
		clean = AppendClean(clean, []byte(line), false)
		if ended {
			clean = append(clean, '\n')
		}
	}
	return string(clean)
}

// OneLine makes one clean line of any text.
func OneLine(text string) string {
	return Clean(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text))
}

// isPlain tells what is written as it is: ASCII that can be seen, and tabs. Most of
// what builds print is that.
func isPlain(c byte) bool { return c >= ' ' && c < 0x7f || c == '\t' }

// isSpecial tells what text may have to be looked at.
func isSpecial(r rune) bool { return (r < ' ' || r > '~') && r != '\n' && r != '\t' }

// sequenceSize is the length of the escape sequence at the start of a line, as ECMA-48
// has it. One without an end takes all there is. The library that terminals' programs
// have for it takes 20 ms to start, a quarter of a cached run.
func sequenceSize(line []byte) int {
	if len(line) < 2 {
		return len(line)
	}
	switch c := line[1]; {
	case c == '[':
		return controlSize(line)
	case bytes.IndexByte([]byte("]PX^_"), c) >= 0:
		return stringSize(line)
	case c >= ' ' && c <= '/':
		rest := bytes.TrimLeft(line[1:], " !\"#$%&'()*+,-./")
		return min(len(line)-len(rest)+1, len(line))
	case c > '/' && c < 0x7f:
		return 2
	}
	return 1
}

// controlSize is the length of one that has parameters, up to a letter. What breaks
// it is none of it.
func controlSize(line []byte) int {
	for i := 2; i < len(line); i++ {
		if line[i] < ' ' || line[i] >= 0x7f {
			return i
		}
		if line[i] >= '@' {
			return i + 1
		}
	}
	return len(line)
}

// stringSize is the length of one that holds a text, up to BEL or ST, or to what
// breaks it off.
func stringSize(line []byte) int {
	for i := 2; i < len(line); i++ {
		switch c := line[i]; {
		case c == bell, c == cancel, c == substitute:
			return i + 1
		case c == escape && i+1 < len(line) && line[i+1] == '\\':
			return i + 2
		case c == escape:
			return i
		}
	}
	return len(line)
}

// isColour tells the sequences that select colours and weights from all others, also
// from those that end with the same letter.
func isColour(sequence []byte) bool {
	const longest = 32 // bytes; no program that means colours needs more
	inside, found := bytes.CutPrefix(sequence, []byte("\x1b["))
	inside, ends := bytes.CutSuffix(inside, []byte("m"))
	return found && ends && len(sequence) <= longest && len(bytes.Trim(inside, "0123456789;:")) == 0
}
