package progress

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// longest is how many bytes of a line are written as one; what is longer goes on in
	// the next. It is more than BuildKit shows of a step by default (2 MiB), because a
	// secret that is cut in two is not found.
	longest = 4 << 20
	// longestBar is how much is kept of a line that draws itself over and over.
	longestBar = 64 << 10
)

// stream makes lines of the pieces in which output comes.
type stream struct{ rest []byte }

// write hands on the lines that are complete.
func (s *stream) write(p []byte, emit func(line []byte)) {
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			break
		}
		line := p[:end]
		if len(s.rest) > 0 {
			s.rest = append(s.rest, line...)
			line = s.rest
		}
		emitBounded(lastState(line), emit)
		s.rest = s.rest[:0]
		p = p[end+1:]
	}
	s.rest = append(s.rest, p...)
	if len(s.rest) > longestBar && bytes.IndexByte(p, '\r') >= 0 {
		s.rest = append(s.rest[:0], lastState(s.rest)...)
		if p[len(p)-1] == '\r' {
			s.rest = append(s.rest, '\r')
		}
	}
	for len(s.rest) > longest {
		cut := cutAt(s.rest)
		emit(s.rest[:cut])
		s.rest = append(s.rest[:0], s.rest[cut:]...)
	}
}

// end hands on a last line without an end.
func (s *stream) end(emit func(line []byte)) {
	if len(s.rest) > 0 {
		emitBounded(lastState(s.rest), emit)
		s.rest = nil
	}
}

func emitBounded(line []byte, emit func(line []byte)) {
	for len(line) > longest {
		cut := cutAt(line)
		emit(line[:cut])
		line = line[cut:]
	}
	emit(line)
}

// cutAt is where a line that is too long is cut: not in the middle of a character.
func cutAt(line []byte) int {
	for cut := longest; cut > longest-utf8.UTFMax; cut-- {
		if utf8.RuneStart(line[cut]) {
			return cut
		}
	}
	return longest
}

// lastState is what a terminal would show last of a line that is written over and
// over: what follows the last carriage return that something follows.
func lastState(line []byte) []byte {
	for {
		line = bytes.TrimRight(line, "\r")
		begin := bytes.LastIndexByte(line, '\r')
		if begin < 0 {
			return line
		}
		if state := line[begin+1:]; len(appendClean(nil, state, false)) > 0 {
			return state
		}
		line = line[:begin]
	}
}

// plainByte tells what is written as it is: ASCII that can be seen, and tabs.
func plainByte(c byte) bool { return c >= ' ' && c < 0x7f || c == '\t' }

// appendClean appends a line as it may be shown. Colours stay if they may, and are
// put back at its end. All else that commands a terminal is left out, and what is
// no UTF-8 is replaced.
func appendClean(to, line []byte, colours bool) []byte {
	coloured := false
	for len(line) > 0 {
		plain := 0
		for plain < len(line) && plainByte(line[plain]) {
			plain++
		}
		to = append(to, line[:plain]...)
		if line = line[plain:]; len(line) == 0 {
			break
		}
		if line[0] == '\x1b' {
			size := escapeSize(line)
			if colours && isColour(line[:size]) {
				to, coloured = append(to, line[:size]...), true
			}
			line = line[size:]
			continue
		}
		r, size := utf8.DecodeRune(line)
		if r >= 0xa0 { // neither a control character of ASCII nor one of the second set
			to = utf8.AppendRune(to, r)
		}
		line = line[size:]
	}
	if coloured {
		to = append(to, reset...)
	}
	return to
}

// escapeSize is the length of the escape sequence at the start of a text, as ECMA-48
// has it. One without an end takes all there is.
func escapeSize(text []byte) int {
	if len(text) < 2 {
		return len(text)
	}
	switch c := text[1]; {
	case c == '[':
		return controlSize(text)
	case bytes.IndexByte([]byte("]PX^_"), c) >= 0:
		return stringSize(text)
	case c >= ' ' && c <= '/':
		rest := bytes.TrimLeft(text[1:], " !\"#$%&'()*+,-./")
		return min(len(text)-len(rest)+1, len(text))
	case c > '/' && c < 0x7f:
		return 2
	}
	return 1
}

// controlSize is the length of one that has parameters, up to a letter. What breaks
// it is none of it.
func controlSize(text []byte) int {
	for i := 2; i < len(text); i++ {
		if text[i] < ' ' || text[i] >= 0x7f {
			return i
		}
		if text[i] >= '@' {
			return i + 1
		}
	}
	return len(text)
}

// stringSize is the length of one that holds a text, up to BEL or ST.
func stringSize(text []byte) int {
	for i := 2; i < len(text); i++ {
		if text[i] == '\a' {
			return i + 1
		}
		if text[i] == '\x1b' && i+1 < len(text) && text[i+1] == '\\' {
			return i + 2
		}
	}
	return len(text)
}

// isColour tells the sequences that select colours and weights from all others.
func isColour(sequence []byte) bool {
	if len(sequence) < 3 || len(sequence) > 32 || sequence[1] != '[' || sequence[len(sequence)-1] != 'm' {
		return false
	}
	for _, c := range sequence[2 : len(sequence)-1] {
		if (c < '0' || c > '9') && c != ';' && c != ':' {
			return false
		}
	}
	return true
}

// oneLine makes one clean line of any text.
func oneLine(text string) string {
	text = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text)
	return string(appendClean(nil, []byte(text), false))
}

// appendTime appends the seconds between two times, or blanks where one is not
// known. Lines begin with it, so that none begins as a command of the runner's does.
func appendTime(to []byte, began, at time.Time) []byte {
	if began.IsZero() || at.IsZero() {
		return append(to, "        "...)
	}
	tenths := max(0, at.Sub(began)) / (100 * time.Millisecond)
	var digits [20]byte
	i := len(digits) - 2
	digits[i], digits[i+1] = '.', byte('0'+tenths%10)
	for tenths /= 10; ; tenths /= 10 {
		i--
		digits[i] = byte('0' + tenths%10)
		if tenths < 10 {
			break
		}
	}
	for range 7 - (len(digits) - i) {
		to = append(to, ' ')
	}
	return append(append(to, digits[i:]...), ' ')
}
