package inputs

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/distribution/reference"

	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/packages"
)

// parser reads inputs and collects what is wrong with them.
type parser struct {
	env      Env
	problems problems
	leftOut  []string
	argTexts map[string]*metadata.Text // by the name of a build argument
}

// leaveOut keeps a warning about something that this run does without.
func (p *parser) leaveOut(format string, args ...any) {
	p.leftOut = append(p.leftOut, fmt.Sprintf(format, args...))
}

// raw returns an input as the runner passes it: INPUT_ and the upper-case name,
// hyphens kept. The runner passes every declared input, so unset and empty are
// the same.
func (p *parser) raw(input string) string {
	value, _ := p.env.Lookup(inputPrefix + strings.ToUpper(strings.ReplaceAll(input, " ", "_")))
	return value
}

func (p *parser) text(input string) string {
	return strings.TrimSpace(p.raw(input))
}

// token reads a password, which may have several lines, as the keys of Google's service
// accounts have. No token of GitHub's has a blank.
func (p *parser) token(input string) Secret {
	token := p.text(input)
	switch {
	case packages.TokenOf(token) != packages.NotGitHubs && strings.ContainsFunc(token, unicode.IsSpace):
		p.problems.add(input, "one token on one line", "it holds blanks or line ends")
	case strings.ContainsFunc(token, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }):
		p.problems.add(input, "a token, or a password of one or more lines", "it holds control characters")
	}
	return Secret(token)
}

// boolean accepts what the YAML 1.2 core schema and GitHub's own toolkit do.
func (p *parser) boolean(input string, byDefault bool) bool {
	switch value := p.text(input); value {
	case "":
		return byDefault
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	default:
		p.problems.add(input, "true or false", "%q is neither", value)
		return byDefault
	}
}

func (p *parser) push(input string) Push {
	switch value := Push(strings.ToLower(p.text(input))); value {
	case "":
		return PushAuto
	case PushAuto, PushTrue, PushFalse:
		return value
	default:
		p.problems.add(input, "auto, true or false", "%q is not one of them", value)
		return PushAuto
	}
}

func (p *parser) host(input string) string {
	host := strings.ToLower(p.text(input))
	if host == "" {
		return ""
	}
	if !isHost(host) {
		p.problems.add(input, "a host such as ghcr.io or registry.example.com:5000, without scheme or path", "%q is not a host", host)
		return ""
	}
	return host
}

// isHost tells whether host/owner/name is an image on that host. A host without
// dot and colon would be the first element of a path on Docker Hub.
func isHost(host string) bool {
	named, err := reference.WithName(host + "/owner/name")
	return err == nil && reference.Domain(named) == host && (host == "localhost" || strings.ContainsAny(host, ".:"))
}

// images keeps the lines as written: the short forms need the repository's
// owner, which is a fact and not an input.
func (p *parser) images(input string) []string {
	return p.words(input)
}

// lines returns the items of a list whose items may hold commas.
func (p *parser) lines(input, accepts string) []item {
	items, err := list(p.raw(input))
	if err != nil {
		p.problems.add(input, accepts, "%v", err)
	}
	return items
}

func (p *parser) words(input string) []string {
	items, err := words(p.raw(input))
	if err != nil {
		p.problems.add(input, acceptsLines, "%v", err)
	}
	texts := make([]string, 0, len(items))
	for _, it := range items {
		texts = append(texts, it.text)
	}
	return texts
}

// stageName is what a Dockerfile may call a stage.
var stageName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)

// stages returns the names of stages of a Dockerfile, or nil.
func (p *parser) stages(input string) []string {
	const accepts = "names of stages, one per line or with commas"
	items, err := words(p.raw(input))
	if err != nil {
		p.problems.add(input, accepts, "%v", err)
	}
	var names []string
	for _, it := range items {
		if !stageName.MatchString(it.text) {
			p.problems.add(input, accepts, "%s%q is not the name of a stage", onLine(it), it.text)
			continue
		}
		names = append(names, it.text)
	}
	return names
}

// acceptsLines and acceptsPairs describe the list inputs in errors.
const (
	acceptsLines = `one item per line; "…" around one that spans lines`
	acceptsPairs = `KEY=value, one per line; "KEY=…" in quotes where the value spans lines`
)

// pair is one KEY=value item.
type pair struct {
	key, value string
	hasValue   bool // there was a = sign
	line       int
}

func (p *parser) keyValues(input string) []pair {
	items, err := list(p.raw(input))
	if err != nil {
		p.problems.add(input, acceptsPairs, "%v", err)
	}
	var pairs []pair
	for _, it := range items {
		key, value, found := strings.Cut(it.text, "=")
		key = strings.TrimSpace(key)
		if key == "" {
			p.problems.add(input, acceptsPairs, "line %d has no name before the = sign", it.line)
			continue
		}
		pairs = append(pairs, pair{key: key, value: value, hasValue: found, line: it.line})
	}
	return pairs
}

// buildArgs reads build arguments. One without = is taken from the environment,
// as docker build does; one that is not there either is an error, because a
// build without it is not the build that was asked for. Expressions are those of values
// that are written, and not of the environment's.
func (p *parser) buildArgs(input string) map[string]string {
	args := map[string]string{}
	for _, kv := range p.keyValues(input) {
		value := strings.TrimRight(kv.value, " \t\r")
		if !kv.hasValue {
			fromEnv, ok := p.env.Lookup(kv.key)
			if !ok {
				p.problems.add(input, "KEY=value, or the name of a variable of the step's env", "line %d: %s has no = and is not set in the environment", kv.line, kv.key)
				continue
			}
			value = fromEnv
		}
		args[kv.key] = value
		delete(p.argTexts, kv.key) // of a line before
		if !kv.hasValue {
			continue
		}
		if text := p.expressions(input, fmt.Sprintf("line %d: %s", kv.line, kv.key), value); text != nil {
			if p.argTexts == nil {
				p.argTexts = map[string]*metadata.Text{}
			}
			p.argTexts[kv.key] = text
		}
	}
	return args
}

// expressions reads a value that may hold some. It is nil for one that holds none.
func (p *parser) expressions(input, where, value string) *metadata.Text {
	text, err := metadata.ParseText(input, metadata.Line{Text: value})
	var mistake *metadata.Error
	if errors.As(err, &mistake) {
		p.problems.add(input, mistake.Accepts, "%s: %s", where, mistake.Problem)
	}
	return text
}
