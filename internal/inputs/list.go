package inputs

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// item is one entry of a list input and the line it starts on, counted from 1.
type item struct {
	text string
	line int
}

// onLine starts what is said of an item.
func onLine(it item) string { return fmt.Sprintf("line %d: ", it.line) }

// list splits an input into its items: one per line, blank lines and lines that
// start with # left out. An item that starts with a double quote runs to the
// closing one, over line ends too, with "" for a quote inside; quotes anywhere
// else are kept as they are. These are the rules that users of
// docker/build-push-action and docker/metadata-action already write for, except
// that a quote which is not closed, or closed in the middle of a line, is an
// error: it would silently eat every following line. Blanks at the end of an
// item are kept: a secret may need them. Items of a list of YAML, "- KEY=value",
// are left out with an error: their names would begin with the hyphen.
func list(text string) ([]item, error) {
	var items []item
	var hyphens []string // the lines that begin so
	rest := strings.ReplaceAll(text, "\r\n", "\n")
	for line := 1; rest != ""; line++ {
		rest = strings.TrimLeftFunc(rest, func(r rune) bool { return r != '\n' && unicode.IsSpace(r) })
		it := item{line: line}
		quoted := strings.HasPrefix(rest, `"`)
		if quoted {
			var err error
			if it.text, rest, err = unquote(rest[1:], line); err != nil {
				return nil, err
			}
			line += strings.Count(it.text, "\n")
		} else {
			it.text, rest, _ = strings.Cut(rest, "\n")
		}
		comment := !quoted && strings.HasPrefix(it.text, "#")
		switch {
		case comment || strings.TrimSpace(it.text) == "":
		case !quoted && ofYAML(it.text):
			hyphens = append(hyphens, strconv.Itoa(it.line))
		default:
			items = append(items, it)
		}
	}
	if len(hyphens) > 0 {
		return items, fmt.Errorf(`line %s: it begins with "- ", as in a list of YAML; leave that out`, strings.Join(hyphens, ", "))
	}
	return items, nil
}

// ofYAML tells whether a line is an item as YAML writes one. A hyphen alone is
// standard output.
func ofYAML(line string) bool {
	after, found := strings.CutPrefix(line, "-")
	return found && after != strings.TrimLeft(after, " \t") && strings.TrimSpace(after) != ""
}

// unquote reads what follows an opening quote, and returns the item and the
// lines after it. The errors do not show the text, which may be a secret's.
func unquote(text string, line int) (value, rest string, err error) {
	var b strings.Builder
	for {
		inside, after, closed := strings.Cut(text, `"`)
		if !closed {
			return "", "", fmt.Errorf("line %d: the quote at its start is never closed", line)
		}
		b.WriteString(inside)
		if strings.HasPrefix(after, `"`) {
			b.WriteByte('"')
			text = after[1:]
			continue
		}
		tail, rest, _ := strings.Cut(after, "\n")
		if strings.TrimSpace(tail) != "" {
			return "", "", fmt.Errorf(`line %d: the quote at its start is closed with more text after it; write "" for a quote inside`, line)
		}
		return b.String(), rest, nil
	}
}

// words is list for values that hold no comma: commas separate as line ends do.
func words(text string) ([]item, error) {
	items, err := list(text)
	var split []item
	for _, it := range items {
		for word := range strings.SplitSeq(it.text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				split = append(split, item{text: word, line: it.line})
			}
		}
	}
	return split, err
}
