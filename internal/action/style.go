package action

import (
	"golang.org/x/term"

	"github.com/slipway-build/slipway/internal/progress"
	"github.com/slipway-build/slipway/internal/report"
)

func (e Env) inActions() bool { return e.get("GITHUB_ACTIONS") == "true" }

// terminal returns how to ask the terminal for the number of its lines, nil where
// standard output is none that can be drawn on.
func (e Env) terminal() func() int {
	file, ok := e.Stdout.(interface{ Fd() uintptr })
	if !ok || e.inActions() || e.get("TERM") == "dumb" {
		return nil
	}
	fd := int(file.Fd()) //nolint:gosec // it is a small number
	if !term.IsTerminal(fd) {
		return nil
	}
	return func() int {
		_, rows, err := term.GetSize(fd)
		if err != nil {
			return 0
		}
		return rows
	}
}

// style says how the build is shown: with colours where they can be seen, unless
// NO_COLOR is set (https://no-color.org), and verbose when the runner's debug
// logging is on.
func (e Env) style(log *report.Held) progress.Style {
	terminal := e.terminal() != nil
	style := progress.Style{
		Verbose: e.get("RUNNER_DEBUG") == "1",
		Colours: e.get("NO_COLOR") == "" && (e.inActions() || terminal),
	}
	if e.inActions() {
		style.Section = log.Section
	}
	if terminal {
		style.Screen = log
	}
	return style
}
