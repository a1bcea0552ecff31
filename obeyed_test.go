package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// What a runner takes for a command (actions/runner,
// src/Runner.Common/ActionCommand.cs and src/Runner.Worker/ActionCommandManager.cs):
// the first form at the start of a line, the second anywhere in it.
var (
	commandAtStart  = regexp.MustCompile(`^::([^ :]*)(?: (?:[^:]|:[^:])*)?::(.*)$`)
	commandAnywhere = regexp.MustCompile(`##\[([^ \]]*)(?: [^\]]*)?\](.*)$`)
	runnersCommands = []string{
		"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
		"remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
	}
)

// obeyedBy lists the commands that a runner obeys in a log, without those that hide
// something. Between stop-commands and its word it obeys none.
func obeyedBy(log string) []string {
	var all []string
	word := ""
	for _, line := range strings.FieldsFunc(log, func(c rune) bool { return c == '\n' || c == '\r' }) {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		match := commandAtStart.FindStringSubmatch(line)
		if match == nil {
			match = commandAnywhere.FindStringSubmatch(line)
		}
		if match == nil {
			continue
		}
		name := strings.ToLower(match[1])
		switch {
		case word != "" && strings.EqualFold(name, word):
			word = ""
		case word != "" || !slices.Contains(runnersCommands, name) || name == "add-mask":
		default:
			all = append(all, name)
			if name == "stop-commands" {
				word = match[2]
			}
		}
	}
	return all
}

func TestRunnerOfTheseTests(t *testing.T) {
	t.Parallel()
	log := "::group::Build\n::stop-commands::w\n::error::x\n##[set-output name=x]y\n::w::\n::endgroup::\ntext\r::error file=a::x\n::add-mask::x\nx ##[notice]y"
	if got, want := obeyedBy(log), []string{"group", "stop-commands", "endgroup", "error", "notice"}; !slices.Equal(got, want) {
		t.Errorf("it obeys %q, want %q", got, want)
	}
}
