// Package terminal knows what a terminal is like, and what of a stranger's text it may
// be shown.
package terminal

import (
	"io"

	"golang.org/x/term"
)

// Terminal is one that can be drawn on.
type Terminal struct{ fd int }

// Of returns the terminal that a writer writes to, or nil where it is none, or one of
// which TERM says that it understands nothing: that one is written to as a file is.
func Of(out io.Writer, lookup func(name string) (string, bool)) *Terminal {
	file, ok := out.(interface{ Fd() uintptr })
	if !ok {
		return nil
	}
	fd := int(file.Fd()) //nolint:gosec // it is a small number
	if kind, _ := lookup("TERM"); kind == "dumb" || !term.IsTerminal(fd) {
		return nil
	}
	return &Terminal{fd}
}

// Size returns how many columns and lines it has now, 0 where it does not say.
func (t *Terminal) Size() (columns, lines int) {
	columns, lines, err := term.GetSize(t.fd)
	if err != nil {
		return 0, 0
	}
	return columns, lines
}
