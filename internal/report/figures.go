package report

import (
	"fmt"
	"strings"
	"time"
)

// bytesOf writes a size as people read it: 3.4 MB.
func bytesOf(n int64) string {
	value, units := float64(n), []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	for value >= 999.5 && len(units) > 1 {
		value, units = value/1000, units[1:]
	}
	if value < 9.95 && units[0] != "B" {
		return fmt.Sprintf("%.1f %s", value, units[0])
	}
	return fmt.Sprintf("%.0f %s", value, units[0])
}

// weight is a size where it is known.
func (s Size) weight() string {
	if s.Bytes == 0 {
		return ""
	}
	return bytesOf(s.Bytes)
}

// change says how a size differs from that before: +1.2 MB, −340 kB, or new. It is
// empty where nobody knows.
func (s Size) change() string {
	switch {
	case s.New:
		return "new"
	case s.Bytes == 0 || s.Before == 0:
		return ""
	case s.Bytes == s.Before:
		return "the same"
	case s.Bytes > s.Before:
		return "+" + bytesOf(s.Bytes-s.Before)
	}
	return "−" + bytesOf(s.Before-s.Bytes)
}

// percent is a part of a whole.
func percent(part, whole time.Duration) string {
	if whole <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100*part.Seconds()/whole.Seconds())
}

// plural writes how many there are of what.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// together keeps a figure and its unit on one line.
func together(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }
