package metadata

import (
	"slices"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/metadata/dateformat"
)

// expression is what stands between {{ and }}.
type expression struct {
	name   string
	format dateformat.Format // of date and commit_date
	zone   *time.Location    // likewise
}

// names are the expressions there are.
var names = []string{
	"branch", "tag", "sha", "base_ref", "is_default_branch", "is_not_default_branch",
	"date", "commit_date", "raw", "version", "major", "minor", "patch",
}

const (
	acceptsExpressions = "{{branch}}, {{tag}}, {{sha}}, {{base_ref}}, {{is_default_branch}}, {{is_not_default_branch}}, {{date 'FORMAT'}}, {{commit_date 'FORMAT' tz='ZONE'}}, " +
		`{{raw}}, {{version}}, {{major}}, {{minor}} and {{patch}}; \{{ for a text that begins with {{`
	acceptsZones = "a name of the time zone database, such as tz='UTC' or tz='Europe/Berlin'"
)

// compiler parses templates and patterns, and keeps what is dear to make and
// what many lines share.
type compiler struct {
	zones    map[string]*time.Location
	patterns map[string]*pattern
	wrong    int // patterns that do not compile
	budget   budget
}

func newCompiler() *compiler {
	return &compiler{zones: map[string]*time.Location{}, patterns: map[string]*pattern{}}
}

// expression parses a text that begins with {{, and returns the length of what
// it read. {{{name}}} is the same as {{name}}: nothing is escaped here.
func (c *compiler) expression(text string) (*expression, int, *mistake) {
	r := reader{text: text, at: 2}
	closing := "}}"
	if strings.HasPrefix(text, "{{{") {
		r.at, closing = 3, "}}}"
	}
	name, offset := r.name()
	switch {
	case strings.HasPrefix(name, "#") || strings.HasPrefix(name, "/"):
		return nil, 0, wrong(offset, acceptsExpressions, "{{%s}} is a block of Handlebars, and there are none here", name)
	case !slices.Contains(names, name):
		return nil, 0, wrong(offset, acceptsExpressions, "there is no expression {{%s}}", name)
	}
	arguments, m := r.arguments(closing)
	if m != nil {
		return nil, 0, m
	}
	expr := &expression{name: name, zone: time.UTC}
	for _, a := range arguments {
		if m := c.argument(expr, a); m != nil {
			m.offset = a.offset
			return nil, 0, m
		}
	}
	if expr.dated() && expr.format == nil {
		return nil, 0, wrong(offset, dateformat.Accepts, "{{%s}} has no format", name)
	}
	return expr, r.at, nil
}

func (e *expression) dated() bool { return e.name == "date" || e.name == "commit_date" }

func parseDate(text string) (dateformat.Format, *mistake) {
	format, err := dateformat.Parse(text)
	if err != nil {
		return nil, wrong(err.Offset, dateformat.Accepts, "%s", err.Problem)
	}
	return format, nil
}

// argument reads what follows a name.
func (c *compiler) argument(expr *expression, a argument) (m *mistake) {
	switch {
	case !expr.dated():
		m = wrong(0, acceptsExpressions, "{{%s}} takes nothing after its name", expr.name)
	case a.key == "" && expr.format == nil:
		expr.format, m = parseDate(a.value)
	case a.key == "tz":
		expr.zone, m = c.location(a.value)
	default:
		m = wrong(0, "a format, and tz='ZONE' after it", "{{%s}} does not take %s", expr.name, a)
	}
	return m
}

// location finds a time zone by its name. The machine's own is none: the same
// run must give the same tags elsewhere.
func (c *compiler) location(name string) (*time.Location, *mistake) {
	if zone := c.zones[name]; zone != nil {
		return zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, wrong(0, acceptsZones, "the time zone %q is not known", name)
	}
	c.zones[name] = zone
	return zone, nil
}
