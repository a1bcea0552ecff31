package inputs

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// item is one entry of a list input and the line it starts on, counted from 1.
type item struct {
	text string
	line int
}

// noSeparator makes the CSV reader see one field a record: a control character
// that no workflow file can hold.
const noSeparator = '\x1f'

// list splits an input into its items: one a line, blank lines and lines that
// start with # left out. An item that starts with a double quote runs to the
// closing one, over line ends too, with "" for a quote inside; quotes anywhere
// else are kept as they are. These are the rules that users of
// docker/build-push-action and docker/metadata-action already write for. Blanks
// at the end of an item are kept: a secret may need them.
func list(text string) ([]item, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = noSeparator
	r.LazyQuotes = true
	r.TrimLeadingSpace = true
	var items []item
	for {
		start := r.InputOffset()
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the list: %w", err)
		}
		line, _ := r.FieldPos(0)
		if unclosedQuote(text[start:r.InputOffset()]) {
			return nil, fmt.Errorf("line %d: the quote at its start is never closed", line)
		}
		if strings.TrimSpace(record[0]) == "" || strings.HasPrefix(record[0], "#") {
			continue
		}
		items = append(items, item{text: record[0], line: line})
	}
}

// unclosedQuote tells whether a raw item opens a quote that it does not close.
// The reader accepts that when it is lazy about quotes, and a mistyped quote
// would silently eat every following line.
func unclosedQuote(raw string) bool {
	raw = strings.TrimSpace(raw)
	return strings.HasPrefix(raw, `"`) && (len(raw) == 1 || !strings.HasSuffix(raw, `"`))
}

// words is list for values that hold no comma: commas separate as line ends do.
func words(text string) ([]item, error) {
	items, err := list(text)
	if err != nil {
		return nil, err
	}
	var split []item
	for _, it := range items {
		for word := range strings.SplitSeq(it.text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				split = append(split, item{text: word, line: it.line})
			}
		}
	}
	return split, nil
}
