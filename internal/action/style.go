package action

import (
	"github.com/slipway-build/slipway/internal/progress"
	"github.com/slipway-build/slipway/internal/report"
	"github.com/slipway-build/slipway/internal/terminal"
)

func (e Env) inActions() bool { return e.get("GITHUB_ACTIONS") == "true" }

// terminalSize returns how to ask the terminal for its size, nil where standard
// output is none that can be drawn on.
func (e Env) terminalSize() func() (columns, lines int) {
	if e.inActions() {
		return nil
	}
	return terminal.Size(e.Stdout, e.Lookup)
}

// colours tells whether they can be seen and are wanted: https://no-color.org.
func (e Env) colours() bool {
	return e.get("NO_COLOR") == "" && (e.inActions() || e.terminalSize() != nil)
}

// style says how the build is shown: verbose when the runner's debug logging is on,
// and live on a terminal.
func (e Env) style(log *report.Held) progress.Style {
	style := progress.Style{Verbose: e.get("RUNNER_DEBUG") == "1", Colours: e.colours()}
	if e.inActions() {
		style.Section = log.Section
	}
	if e.terminalSize() != nil {
		style.Screen = log
	}
	return style
}
