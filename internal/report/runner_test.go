package report

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// step is a Reporter with everything that it writes to.
type step struct {
	*Reporter
	log              *bytes.Buffer
	outputs, summary string // paths
	workspace        string
}

// newStep returns a reporter as in a step of a workflow, or as at a terminal of
// somebody who has the runner's variables set.
func newStep(t *testing.T, actions bool) *step {
	t.Helper()
	dir := t.TempDir()
	s := &step{
		log:       &bytes.Buffer{},
		outputs:   filepath.Join(dir, "output"),
		summary:   filepath.Join(dir, "summary"),
		workspace: filepath.Join(dir, "workspace"),
	}
	vars := map[string]string{"GITHUB_OUTPUT": s.outputs, "GITHUB_STEP_SUMMARY": s.summary}
	reporter, err := New(Options{Out: s.log, Lookup: lookup(vars), Workspace: s.workspace, Actions: actions})
	if err != nil {
		t.Fatal(err)
	}
	s.Reporter = reporter
	return s
}

func lookup(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := vars[name]; return value, ok }
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// readOutputs reads a file of outputs as the runner does (actions/runner,
// src/Runner.Worker/FileCommandManager.cs): NAME=VALUE or NAME<<DELIMITER, by
// which comes first, and the value up to a line that is the delimiter.
func readOutputs(t *testing.T, text string) (names []string, values map[string]string, delimiters []string) {
	t.Helper()
	values = map[string]string{}
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case heredoc > 0 && (equals < 0 || heredoc < equals):
			name, delimiter := line[:heredoc], line[heredoc+2:]
			value, after, found := cutAtLine(text, delimiter)
			if delimiter == "" || !found {
				t.Fatalf("the runner fails at %q: no end", line)
			}
			text = after
			names, delimiters = append(names, name), append(delimiters, delimiter)
			values[name] = value
		case equals > 0:
			names = append(names, line[:equals])
			values[line[:equals]] = line[equals+1:]
		default:
			t.Fatalf("the runner fails at %q", line)
		}
	}
	return names, values, delimiters
}

// cutAtLine cuts text at the first line that is the delimiter.
func cutAtLine(text, delimiter string) (before, after string, found bool) {
	var lines []string
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if line == delimiter {
			return strings.Join(lines, "\n"), text, true
		}
		lines = append(lines, line)
	}
	return "", "", false
}

// command is something in a log that the runner obeys.
type command struct {
	name, data string
	properties map[string]string
}

// The commands that a runner knows, and the two forms in which it reads them
// (actions/runner, src/Runner.Common/ActionCommand.cs): the first at the start
// of a line, the second anywhere in it.
var (
	known = []string{
		"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
		"remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
	}
	atStart  = regexp.MustCompile(`^::([^ :]*)(?: ((?:[^:]|:[^:])*))?::(.*)$`)
	anywhere = regexp.MustCompile(`##\[([^ \]]*)(?: ([^\]]*))?\](.*)$`)
)

// obeyed lists what a runner obeys in a log (ActionCommandManager.cs). Between
// stop-commands and its word it obeys nothing.
func obeyed(log string) []command {
	var all []command
	word := ""
	for _, line := range strings.FieldsFunc(log, func(c rune) bool { return c == '\n' || c == '\r' }) {
		for _, form := range []*regexp.Regexp{atStart, anywhere} {
			match := form.FindStringSubmatch(strings.TrimLeftFunc(line, unicode.IsSpace))
			if match == nil {
				continue
			}
			name := strings.ToLower(match[1])
			switch {
			case word != "" && strings.EqualFold(name, word):
				word = ""
			case word == "" && slices.Contains(known, name):
				all = append(all, command{name: name, data: unescape(match[3]), properties: properties(match[2])})
				if name == "stop-commands" {
					word = match[3]
				}
			default:
				continue
			}
			break
		}
	}
	return all
}

func properties(list string) map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(list, ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			all[key] = strings.NewReplacer("%3A", ":", "%2C", ",").Replace(unescape(value))
		}
	}
	return all
}

func unescape(text string) string {
	for _, pair := range [][2]string{{"%0D", "\r"}, {"%0A", "\n"}, {"%25", "%"}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// only returns the commands of one name.
func only(commands []command, name string) []command {
	return slices.DeleteFunc(commands, func(c command) bool { return c.name != name })
}

func TestTheRunnerOfTheseTests(t *testing.T) {
	t.Parallel()
	cases := []struct {
		log  string
		want int
	}{
		{"::error::x", 1},
		{"  ::error file=a,line=1::x\n", 1},
		{"text ::error::x", 0},
		{"text ##[error]x", 1},
		{"text\r::error::x", 1},
		{"::unknown::x", 0},
		{"::stop-commands::w\n::error::x\n##[error]x\n::w::\n::error::x", 2},
		{"::stop-commands::w\ntext::w::\n::error::x", 1},
	}
	for _, c := range cases {
		if got := obeyed(c.log); len(got) != c.want {
			t.Errorf("obeyed(%q) = %v, want %d commands", c.log, got, c.want)
		}
	}
}
