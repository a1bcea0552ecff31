// Package terminal knows what a terminal is like, and what of a stranger's text it may
// be shown.
package terminal

import (
	"io"

	"golang.org/x/term"
)

// Size returns how to ask the terminal that a writer writes to for its columns and
// lines, which are 0 where it does not say. It is nil where the writer is none, or one
// of which TERM says that it understands nothing: that one is written to as a file is.
func Size(out io.Writer, lookup func(name string) (string, bool)) func() (columns, lines int) {
	file, ok := out.(interface{ Fd() uintptr })
	if !ok {
		return nil
	}
	fd := int(file.Fd()) //nolint:gosec // it is a small number
	if kind, _ := lookup("TERM"); kind == "dumb" || !term.IsTerminal(fd) {
		return nil
	}
	return func() (columns, lines int) {
		columns, lines, err := term.GetSize(fd)
		if err != nil {
			return 0, 0
		}
		return columns, lines
	}
}
