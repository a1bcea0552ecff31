package terminal

import "github.com/clipperhouse/displaywidth"

// Width is how many columns a text takes, in which there are no colours.
func Width(text string) int { return displaywidth.String(text) }

// Cut cuts a line after so many columns, of which end takes some where it is cut.
// Colours take none, and stay.
func Cut(line string, columns int, end string) string {
	return displaywidth.Options{ControlSequences: true}.TruncateString(line, columns, end)
}
