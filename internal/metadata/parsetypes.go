package metadata

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// own reads what the rule's type takes, with docker/metadata-action's defaults.
func (p *ruleParser) own(r *Rule) {
	switch r.Type {
	case TypeSchedule:
		r.pattern = p.template("pattern", "nightly")
	case TypeSemver, TypePEP440:
		p.required("pattern", `a pattern such as pattern={{version}} or "pattern={{major}}.{{minor}}"`)
		r.pattern = p.template("pattern", "")
		r.match = p.compiled("match", false)
		p.readValue(r)
	case TypeMatch:
		p.required("pattern", acceptsPattern)
		r.match = p.compiled("pattern", true)
		r.group = p.group()
		p.readValue(r)
	case TypeEdge:
		f, _ := p.find("branch")
		r.branch = f.value
	case TypeRef:
		r.event = p.oneOf("event", "", "branch", "tag", "pr")
		if r.prefix == nil && r.event == "pr" {
			r.prefix = &template{parts: []part{{text: "pr-"}}}
		}
	case TypeReference:
		p.reference(r)
	case TypeRaw:
		p.required("value", "a tag, such as type=raw,value=stable")
		p.readValue(r)
	case TypeSHA:
		r.long = p.oneOf("format", "short", "short", "long") == "long"
		if r.prefix == nil {
			r.prefix = &template{parts: []part{{text: "sha-"}}}
		}
	}
}

func (p *ruleParser) readValue(r *Rule) {
	f, _ := p.find("value")
	r.hasValue = f.value != ""
	r.value = p.template("value", "")
}

// reference reads a reference; one without a colon is latest, as for docker.
func (p *ruleParser) reference(r *Rule) {
	f, _ := p.find("value")
	repository, tag, colon := cutReference(f.value)
	r.hasValue = true
	var m *mistake
	r.repository, m = p.compiler.template(repository)
	p.add(p.at, m.after(f.from))
	if colon == len(f.value) {
		r.value.add(Latest)
		return
	}
	r.written.tag = colon + 1
	r.value, m = p.compiler.template(tag)
	p.add(p.at, m.after(f.from+colon+1))
}

func (p *ruleParser) required(key, accepts string) {
	if _, ok := p.find(key); !ok {
		p.add(p.at, wrong(0, accepts, "%q has no %s", p.at.Text, key))
	}
}

// compiled reads an attribute as a regular expression; an empty one is none,
// unless the rule is nothing without.
func (p *ruleParser) compiled(key string, slashes bool) *pattern {
	f, ok := p.find(key)
	if !ok || f.value == "" && !slashes {
		return nil
	}
	compiled, m := p.pattern(f.value, slashes)
	p.add(p.at, m.after(f.from))
	return compiled
}

// group reads the number of a group; 0 is the whole match.
func (p *ruleParser) group() int {
	f, ok := p.find("group")
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(f.value, 10, 31)
	if err != nil {
		p.add(p.at, wrong(f.from, "the number of a group of the pattern, counted from 1, or 0 for the whole match", "group is %q, which is no number", f.value))
	}
	return int(min(n, math.MaxInt32))
}

// oneOf reads an attribute of few values; one without a default must be there.
func (p *ruleParser) oneOf(key, byDefault string, values ...string) string {
	f, ok := p.find(key)
	switch {
	case !ok && byDefault != "":
		return byDefault
	case !ok:
		p.add(p.at, wrong(0, key+"="+strings.Join(values, ", "), "%q has no %s", p.at.Text, key))
	case !slices.Contains(values, f.value):
		p.add(p.at, wrong(f.from, strings.Join(values, ", "), "%s is %q, which is not one of them", key, f.value))
	}
	return f.value
}
