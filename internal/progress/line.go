package progress

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/slipway-build/slipway/internal/terminal"
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
		if state := line[begin+1:]; len(terminal.AppendClean(nil, state, false)) > 0 {
			return state
		}
		line = line[:begin]
	}
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
