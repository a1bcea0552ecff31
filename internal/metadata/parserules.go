package metadata

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ParseTags reads the input tags: rules (type=…), bare tags, and references,
// which hold a slash, a colon or an @. The error joins one *Error for each mistake.
func ParseTags(lines []Line) (Rules, error) {
	p := &ruleParser{problems: problems{input: "tags"}, compiler: newCompiler(), rules: make(Rules, 0, len(lines))}
	for _, line := range lines {
		p.line(line)
	}
	slices.SortStableFunc(p.rules, func(a, b *Rule) int { return cmp.Compare(b.priority, a.priority) })
	return p.rules, p.err()
}

// OneTag is a list of one bare tag, as it is made where the input tags is empty.
func OneTag(tag string, kind Kind) Rules {
	var value template
	value.add(tag)
	return Rules{{Text: tag, Type: TypeRaw, enable: template{parts: []part{{text: "true"}}}, value: value, hasValue: tag != "", kind: kind}}
}

type ruleParser struct {
	problems
	*compiler
	rules Rules

	// of the line that is read
	at     Line
	fields []field
}

func (p *ruleParser) line(line Line) {
	p.at = line
	if p.add(line, notUTF8(line.Text)) {
		return
	}
	all, m := fields(line.Text)
	if p.add(line, m) || len(all) == 0 {
		return
	}
	if bare(all) { // bare tags, with commas between
		for _, f := range all {
			p.fields = []field{f}
			p.rule(f.value)
		}
		return
	}
	p.fields = all
	p.rule(line.Text)
}

func bare(all []field) bool {
	return !slices.ContainsFunc(all, func(f field) bool { return f.key != "" })
}

// rule reads one rule, and keeps it only where nothing is wrong.
func (p *ruleParser) rule(text string) {
	before := len(p.errs)
	r := &Rule{Line: p.at, Text: text, Type: TypeRaw}
	if f, ok := p.find("type"); ok {
		r.Type = Type(f.value)
	} else if f, ok := p.find("value"); ok && f.key == "" {
		r.written = &written{text: f.value, at: f.from}
		if strings.ContainsAny(masked(f.value), "/:@") {
			r.Type = TypeReference
		}
	}
	known, ok := specs[r.Type]
	switch {
	case r.Type == TypeReference:
		known = spec{specs[TypeRaw].priority, []string{"value"}}
	case !ok:
		f, _ := p.find("type")
		p.add(p.at, wrong(f.from, acceptsTypes, "the rule type %q is not known", r.Type))
		return
	}
	p.unknown(r.Type, known.attributes)
	p.common(r, known.priority)
	p.own(r)
	if len(p.errs) == before {
		p.rules = append(p.rules, r)
	}
}

// find returns an attribute; the last one wins. A value alone is the attribute
// value.
func (p *ruleParser) find(key string) (field, bool) {
	for _, f := range slices.Backward(p.fields) {
		if f.key == key || f.key == "" && key == "value" {
			return f, true
		}
	}
	return field{}, false
}

// unknown reports attributes that the type does not take: nothing would come of
// them.
func (p *ruleParser) unknown(t Type, own []string) {
	known := append([]string{"type", "enable", "priority", "prefix", "suffix"}, own...)
	if t == TypeReference {
		known = []string{"enable", "priority", "value"}
	}
	for _, f := range p.fields {
		switch {
		case f.key == "" && !slices.Contains(known, "value"):
			p.add(p.at, wrong(f.offset, strings.Join(known, ", "), "%q has no = and type=%s takes no value", f.value, t))
		case f.key != "" && !slices.Contains(known, f.key):
			p.add(p.at, wrong(f.offset, strings.Join(known, ", "), "%s takes no attribute %q", describe(t), f.key))
		}
	}
}

func describe(t Type) string {
	if t == TypeReference {
		return "a full reference"
	}
	return "type=" + string(t)
}

// common reads what every type takes.
func (p *ruleParser) common(r *Rule, priority float64) {
	before := len(p.errs)
	r.enable = p.template("enable", "true")
	if text, ok := r.enable.constant(); len(p.errs) == before && ok && text != "true" && text != "false" {
		f, _ := p.find("enable")
		p.add(p.at, wrong(f.from, acceptsEnable, "enable is %q, which is neither true nor false", text))
	}
	r.prefix, r.suffix = p.optional("prefix"), p.optional("suffix")
	r.priority = priority
	if f, ok := p.find("priority"); ok {
		n, err := strconv.ParseFloat(cmp.Or(f.value, "0"), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			p.add(p.at, wrong(f.from, "a number such as 500: the first tag is that of the highest", "priority is %q, which is no number", f.value))
			return
		}
		r.priority = n
	}
}

const acceptsEnable = "true or false, or an expression that is one of them, such as {{is_default_branch}}"

// template reads an attribute as a template.
func (p *ruleParser) template(key, byDefault string) template {
	f, ok := p.find(key)
	if !ok {
		f.value = byDefault
	}
	t, m := p.compiler.template(f.value)
	p.add(p.at, m.after(f.from))
	return t
}

// optional is nil where the attribute is not there; an empty one is there.
func (p *ruleParser) optional(key string) *template {
	if _, ok := p.find(key); !ok {
		return nil
	}
	t := p.template(key, "")
	return &t
}

// masked puts an x over each byte of expressions, whose marks are not the text's.
func masked(text string) string {
	var b strings.Builder
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		b.WriteString(before)
		if !found {
			break
		}
		inside, tail, closed := strings.Cut(after, "}}")
		length := len("{{") + len(inside)
		if closed {
			length += len("}}")
		}
		b.WriteString(strings.Repeat("x", length))
		rest = tail
	}
	return b.String()
}

// cutReference splits registry/path:tag before its last colon, where that
// follows the last slash. It returns the length of the text where there is none.
func cutReference(text string) (repository, tag string, colon int) {
	mask := masked(text)
	if i := strings.LastIndexByte(mask, ':'); i > strings.LastIndexByte(mask, '/') {
		return text[:i], text[i+1:], i
	}
	return text, "", len(text)
}
