package metadata

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// OwnLabels is the input labels.
type OwnLabels []entry

// OwnAnnotations is the input annotations.
type OwnAnnotations []entry

// entry is a KEY=value line. Expressions may stand on both sides.
type entry struct {
	places     []place // of an annotation
	key, value template
}

// place is where an annotation goes.
type place struct {
	level    Level
	platform *v1.Platform
}

const (
	acceptsLabels      = `KEY=value, one per line; "KEY=…" in quotes where the value spans lines`
	acceptsAnnotations = "KEY=value or LEVEL:KEY=value, the level one of manifest, index, manifest-descriptor and index-descriptor, several with commas, the first and third with a platform as in manifest[linux/amd64]"
)

// ParseLabels reads the input labels. The error joins one *Error for each
// mistake.
func ParseLabels(lines []Line) (OwnLabels, error) {
	p := &entryParser{problems: problems{input: "labels"}, compiler: newCompiler(), accepts: acceptsLabels}
	return p.entries(lines, nil), p.err()
}

// ParseAnnotations reads the input annotations. One without a level is for
// manifest and index. The error joins one *Error for each mistake.
func ParseAnnotations(lines []Line) (OwnAnnotations, error) {
	p := &entryParser{problems: problems{input: "annotations"}, compiler: newCompiler(), accepts: acceptsAnnotations}
	return p.entries(lines, parsePlaces), p.err()
}

// Values returns the labels for a run. A later line wins over an earlier one
// with the same key, as for docker build.
func (o OwnLabels) Values(f Facts) map[string]string {
	s := newScope(f)
	values := map[string]string{}
	for _, e := range o {
		key, value := e.expand(s)
		values[key] = value
	}
	return values
}

// Values returns the annotations for a run, one for each place.
func (o OwnAnnotations) Values(f Facts) []Annotation {
	s := newScope(f)
	var values []Annotation
	for _, e := range o {
		key, value := e.expand(s)
		for _, to := range e.places {
			values = append(values, Annotation{Level: to.level, Platform: to.platform, Key: key, Value: value})
		}
	}
	return values
}

// expand makes the texts UTF-8: a ref's name need not be.
func (e entry) expand(s scope) (key, value string) {
	return strings.ToValidUTF8(e.key.expand(s), "\uFFFD"), strings.ToValidUTF8(e.value.expand(s), "\uFFFD")
}

type entryParser struct {
	problems
	*compiler
	accepts string
}

// entries reads all lines; places takes the levels off a key.
func (p *entryParser) entries(lines []Line, places func(key string) ([]place, string, *mistake)) []entry {
	var all []entry
	for _, line := range lines {
		if e, m := p.entry(line.Text, places); !p.add(line, m) {
			all = append(all, e)
		}
	}
	return all
}

func (p *entryParser) entry(text string, places func(string) ([]place, string, *mistake)) (e entry, m *mistake) {
	if m := notUTF8(text); m != nil {
		return e, m
	}
	equals := equalsOutside(text)
	if equals < 0 {
		return e, wrong(0, p.accepts, "%q has no =", firstWord(text))
	}
	key := text[:equals]
	if places != nil {
		if e.places, key, m = places(key); m != nil {
			return e, m
		}
	}
	from := equals - len(key)
	if strings.TrimSpace(key) == "" {
		return e, wrong(from, p.accepts, "there is no name before the =")
	}
	from, key = from+blanks(key), strings.TrimSpace(key)
	if e.key, m = p.template(key); m != nil {
		return e, m.after(from)
	}
	e.value, m = p.template(strings.TrimRight(text[equals+1:], " \t\r"))
	return e, m.after(equals + 1)
}

// equalsOutside finds the first = that is not in an expression.
func equalsOutside(text string) int {
	equals := strings.IndexByte(text, '=')
	for begin := strings.Index(text, "{{"); begin >= 0 && begin < equals; {
		end := strings.Index(text[begin:], "}}")
		if end < 0 {
			return equals
		}
		after := begin + end
		if equals < after {
			next := strings.IndexByte(text[after:], '=')
			if next < 0 {
				return -1
			}
			equals = after + next
		}
		begin = strings.Index(text[after:], "{{")
		if begin >= 0 {
			begin += after
		}
	}
	return equals
}

// firstWord is the start of a text, for an error.
func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if len(word) > 20 {
		word = word[:20] + "…"
	}
	return word
}
