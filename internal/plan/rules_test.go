package plan_test

import (
	"testing"

	"github.com/slipway-build/slipway/internal/metadata"
)

// rules reads lines of the input tags.
func rules(tb testing.TB, written ...string) metadata.Rules {
	tb.Helper()
	parsed, err := metadata.ParseTags(lines(written...))
	if err != nil {
		tb.Fatal(err)
	}
	return parsed
}

// labels reads lines of the input labels.
func labels(tb testing.TB, written ...string) metadata.OwnLabels {
	tb.Helper()
	parsed, err := metadata.ParseLabels(lines(written...))
	if err != nil {
		tb.Fatal(err)
	}
	return parsed
}

// annotations reads lines of the input annotations.
func annotations(tb testing.TB, written ...string) metadata.OwnAnnotations {
	tb.Helper()
	parsed, err := metadata.ParseAnnotations(lines(written...))
	if err != nil {
		tb.Fatal(err)
	}
	return parsed
}

func lines(written ...string) []metadata.Line {
	all := make([]metadata.Line, len(written))
	for i, text := range written {
		all[i] = metadata.Line{Text: text, Number: i + 1}
	}
	return all
}
