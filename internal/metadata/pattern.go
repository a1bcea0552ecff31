package metadata

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2"
)

// maxMatch is how long one match may take: a pattern such as (a+)+$ needs years
// for a name that a stranger chooses.
const maxMatch = time.Second

// maxMatching is how long all matches of a list may take together, and one more: a
// stranger's name may be slow for each of hundreds of patterns.
const maxMatching = 5 * time.Second

// budget is the time that the patterns of a list have taken, in nanoseconds.
type budget struct{ spent atomic.Int64 }

// take is told when a match begins, and returns what is told when it has ended. It
// fails where nothing is left. The clock decides nothing else.
func (b *budget) take() (ended func(), err error) {
	if time.Duration(b.spent.Load()) > maxMatching {
		return nil, fmt.Errorf("it and those before take more than %s to match", maxMatching)
	}
	began := time.Now() //nolint:forbidigo // a limit, not a fact
	return func() { b.spent.Add(int64(time.Since(began))) }, nil
}

// pattern is a regular expression as JavaScript has them, which is what users of
// docker/metadata-action write. Go's own lack lookarounds and back-references.
type pattern struct {
	written string
	re      *regexp2.Regexp
	global  bool // flag g: the groups are the matches
	sticky  bool // flag y: only at the start
	budget  *budget
}

// slashed is /expression/flags.
var slashed = regexp.MustCompile(`^/(.+)/(.*)$`)

const acceptsPattern = "a regular expression of JavaScript, or one between slashes with the flags d, g, i, m, s, u or y behind"

// pattern compiles an expression. The attribute match takes none between
// slashes: there they are part of the expression.
func (c *compiler) pattern(written string, slashes bool) (*pattern, *mistake) {
	key := fmt.Sprint(slashes, written)
	if p := c.patterns[key]; p != nil {
		return p, nil
	}
	p := &pattern{written: written, budget: &c.budget}
	expression, offset, flags := written, 0, ""
	if m := slashed.FindStringSubmatch(written); slashes && m != nil {
		expression, offset, flags = m[1], 1, m[2]
	}
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	for i, flag := range flags {
		option, ok := p.flag(flag)
		if !ok || strings.ContainsRune(flags[:i], flag) {
			return nil, wrong(offset+len(expression)+1+i, acceptsPattern, "the regular expression %s has the flag %q, which is not known or is there twice", written, flag)
		}
		options |= option
	}
	re, err := compile(expression, options)
	if err != nil {
		return nil, wrong(offset+c.whereWrong(expression, options), acceptsPattern, "the regular expression %s is wrong: %v", written, err)
	}
	re.MatchTimeout = maxMatch
	p.re = re
	c.patterns[key] = p
	return p, nil
}

func (p *pattern) flag(flag rune) (regexp2.RegexOptions, bool) {
	switch flag {
	case 'd': // positions of groups, which nobody asks for
		return 0, true
	case 'g':
		p.global = true
		return 0, true
	case 'i':
		return regexp2.IgnoreCase, true
	case 'm':
		return regexp2.Multiline, true
	case 's':
		return regexp2.Singleline, true
	case 'u':
		return regexp2.Unicode, true
	case 'y':
		p.sticky = true
		return 0, true
	}
	return 0, false
}

// marks finds escapes, classes, and named groups.
var marks = regexp.MustCompile(`\\k<|\\.|\[(?:\\.|[^\]\\])*\]|\(\?<[A-Za-z_$][\w$]*>`)

// compile hands an expression to the library, which is .NET's by descent, as
// JavaScript would read it.
func compile(expression string, options regexp2.RegexOptions) (re *regexp2.Regexp, err error) {
	defer func() {
		if caught := recover(); caught != nil { // a module's panic over a workflow's text is an error in that text
			err = fmt.Errorf("%v", caught)
		}
	}()
	translated := translate(expression, options&regexp2.Unicode != 0)
	re, err = regexp2.Compile(translated, options)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		return nil, errors.New(strings.TrimSuffix(text, " in `"+translated+"`"))
	}
	return re, nil
}

// translate makes named groups plain ones, where nothing refers to their names:
// JavaScript numbers all groups alike, .NET numbers named ones last. An escaped
// letter without a meaning is that letter; in .NET \A and others have one.
func translate(expression string, unicode bool) string {
	meaning := "dDwWsSbBnrtvfcxuk"
	if unicode {
		meaning += "pP"
	}
	refers := strings.Contains(expression, `\k<`)
	return marks.ReplaceAllStringFunc(expression, func(found string) string {
		switch {
		case strings.HasPrefix(found, "(?<") && !refers:
			return "("
		case len(found) == 2 && found[0] == '\\' && isLetter(found[1]) && !strings.Contains(meaning, found[1:]):
			return found[1:]
		}
		return found
	})
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// whereWrong returns where the longest legal beginning of an expression ends.
// The library does not tell. For long expressions and after many mistakes it is
// where the expression begins: it is compiled once for each byte.
func (c *compiler) whereWrong(expression string, options regexp2.RegexOptions) int {
	const longest, most = 500, 20
	if c.wrong++; c.wrong > most {
		return 0
	}
	for end := min(len(expression), longest); end > 0; end-- {
		if _, err := compile(expression[:end], options); err == nil {
			return min(end, len(expression)-1)
		}
	}
	return 0
}

// slow is the mistake of a pattern that cannot be matched with a text.
func (p *pattern) slow(text string, err error) *mistake {
	return wrong(0, "a pattern without nested repeats such as (a+)+", "the regular expression %s cannot be used for %q: %v", p.written, text, err)
}

// found is a part of a text, and what surrounds it.
type found struct{ text, before, after string }

// groups returns the groups of the first match, or with the flag g all matches.
// A group that took no part is nil. There are none where nothing matches.
func (p *pattern) groups(text string) (all []*found, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			all, err = nil, fmt.Errorf("%v", caught)
		}
	}()
	m, err := p.next(func() (*regexp2.Match, error) { return p.re.FindStringMatch(text) })
	if err != nil {
		return nil, err
	}
	if m == nil || p.sticky && m.Index != 0 {
		return nil, nil
	}
	runes := []rune(text)
	find := func(c regexp2.Capture) *found {
		return &found{text: c.String(), before: string(runes[:c.Index]), after: string(runes[c.Index+c.Length:])}
	}
	if !p.global {
		for _, group := range m.Groups() {
			if len(group.Captures) == 0 {
				all = append(all, nil)
				continue
			}
			all = append(all, find(group.Capture))
		}
		return all, nil
	}
	for m != nil && err == nil {
		all = append(all, find(m.Capture))
		last := m
		m, err = p.next(func() (*regexp2.Match, error) { return p.re.FindNextMatch(last) })
	}
	return all, err
}

// next finds a match within the limits.
func (p *pattern) next(find func() (*regexp2.Match, error)) (*regexp2.Match, error) {
	ended, err := p.budget.take()
	if err != nil {
		return nil, err
	}
	defer ended()
	m, err := find()
	if err != nil {
		return nil, fmt.Errorf("it takes more than %s to match", maxMatch)
	}
	return m, nil
}
