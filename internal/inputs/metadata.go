package inputs

import (
	"errors"

	"github.com/slipway-build/slipway/internal/metadata"
)

// read reads a list input whose items package metadata understands.
func read[T any](p *parser, input string, parse func([]metadata.Line) (T, error)) T {
	var lines []metadata.Line
	for _, it := range p.lines(input, acceptsLines) {
		lines = append(lines, metadata.Line{Text: it.text, Number: it.line})
	}
	parsed, err := parse(lines)
	p.addMistakes(input, err)
	return parsed
}

// addMistakes adds all that package metadata has found in an input.
func (p *parser) addMistakes(input string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			p.addMistake(input, one)
		}
	}
}

// addMistake adds a mistake that package metadata has found in an item.
func (p *parser) addMistake(input string, err error) {
	var mistake *metadata.Error
	if errors.As(err, &mistake) {
		p.problems.add(input, mistake.Accepts, "line %d, character %d: %s", mistake.Line, mistake.Character, mistake.Problem)
		return
	}
	p.problems.add(input, acceptsLines, "%v", err)
}

func (p *parser) floating(input string) metadata.Policy {
	switch value := p.text(input); value {
	case "", "forward":
		return metadata.Forward
	case "compat":
		return metadata.Compat
	default:
		p.problems.add(input, "forward (never to an older version or commit) or compat (with every run)", "%q is neither", value)
		return metadata.Forward
	}
}
