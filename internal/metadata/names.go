package metadata

import (
	"errors"
	"fmt"
	"strings"
)

// Names is what the rules make of a run.
type Names struct {
	Tags     []Tag     // each once; the highest priority first, and latest last
	Version  string    // the first bare tag, or else that of the first full reference
	Outcomes []Outcome // one for each rule, in the order of the priorities, and one for latest

	prerelease bool // GitHub has the release flagged so
}

// Tag is a tag that the rules made.
type Tag struct {
	Name string // a legal bare tag; or a full reference, whose repository is as written
	Full bool   // a full reference
	Kind Kind

	willed bool    // latest=true: it moves because the author says so
	series *series // what a floating tag follows; nil where nobody can tell
}

// Outcome is what a rule made, or why it made nothing.
type Outcome struct {
	Rule *Rule  // nil for latest, which the flavor adds
	Tag  string // empty: the rule made none
	Why  string // why none, or what happened to the tag on the way; may be empty
	// Unfit: the rule is about a git tag or a value, and that does not fit it.
	Unfit bool
}

// made is what a rule makes, before it is put between prefix and suffix.
type made struct {
	text   string
	why    string   // why nothing
	unfit  bool     // why is that the git tag, or the rule's value, is none for it
	wrong  *mistake // why the rule cannot be used at all
	latest bool     // with latest=auto, the first tag decides
	kind   Kind
	series *series
}

func none(format string, args ...any) made { return made{why: fmt.Sprintf(format, args...)} }

// unfit is none for a text that is not what the rule is about.
func unfit(format string, args ...any) made {
	return made{why: fmt.Sprintf(format, args...), unfit: true}
}

// Names applies the rules. The error joins one *Error for each rule that cannot
// be used in this run; a list that makes no tag is none: see Empty.
func (r Rules) Names(fl Flavor, f Facts) (Names, error) {
	n := namer{flavor: fl, scope: newScope(f), seen: map[string]bool{}}
	n.prerelease = f.Prerelease
	n.Outcomes = make([]Outcome, 0, len(r)+1)
	want, err := fl.wantsLatest(n.scope)
	if err != nil {
		n.errs = append(n.errs, err)
	}
	for _, rule := range r {
		if err := n.rule(rule); err != nil {
			n.errs = append(n.errs, err)
		}
	}
	n.latest(want)
	return n.Names, errors.Join(n.errs...)
}

// Empty says why there is no tag, naming each rule; it is nil where there is one.
func (n Names) Empty() error {
	if len(n.Tags) > 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("no rule made a tag")
	for _, o := range n.Outcomes {
		if o.Rule != nil {
			fmt.Fprintf(&b, "\nline %d, %s: %s", o.Rule.Line.Number, o.Rule.Text, o.Why)
		}
	}
	return errors.New(b.String())
}

// Unfit says of each reason why a git tag, or a value, does not fit rules, and
// which rules those are.
func (n Names) Unfit() []string {
	var reasons []string
	rules := map[string]string{}
	for _, o := range n.Outcomes {
		if !o.Unfit {
			continue
		}
		if rules[o.Why] == "" {
			reasons = append(reasons, o.Why)
		}
		rules[o.Why] += fmt.Sprintf("\nline %d, %s", o.Rule.Line.Number, o.Rule.Text)
	}
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%s, so that these rules in tags make no tag:%s", reason, rules[reason])
	}
	return reasons
}

type namer struct {
	Names
	flavor  Flavor
	scope   scope
	seen    map[string]bool
	errs    []error
	decider *made // of the first bare tag, which decides over latest
}

func (n *namer) rule(r *Rule) error {
	switch enabled := r.enable.expand(n.scope); enabled {
	case "true":
	case "false":
		n.Outcomes = append(n.Outcomes, Outcome{Rule: r, Why: "enable is false"})
		return nil
	default:
		return r.Line.at("tags", wrong(0, acceptsEnable, "enable is %q for this run, which is neither true nor false", enabled))
	}
	prefix, suffix := n.around(r)
	m := r.make(n.scope)
	if m.wrong == nil {
		m.wrong = r.refused(n.scope, prefix)
	}
	if m.wrong != nil {
		return r.Line.at("tags", m.wrong)
	}
	if m.why != "" {
		n.Outcomes = append(n.Outcomes, Outcome{Rule: r, Why: m.why, Unfit: m.unfit})
		return nil
	}
	if r.Type == TypeReference {
		n.full(r, m)
		return nil
	}
	if m.series != nil {
		m.series.prefix, m.series.suffix = illegal.ReplaceAllString(prefix, "-"), illegal.ReplaceAllString(suffix, "-")
	}
	tag, why := finish(prefix + m.text + suffix)
	if tag != "" && n.decider == nil {
		n.decider = &m
		n.Version = tag
	}
	n.add(Tag{Name: tag, Kind: m.kind, series: m.series}, Outcome{Rule: r, Why: why})
	return nil
}

// around returns what a rule's tag has in front and behind.
func (n *namer) around(r *Rule) (prefix, suffix string) {
	p, s := &n.flavor.prefix, &n.flavor.suffix
	if r.prefix != nil {
		p = r.prefix
	}
	if r.suffix != nil {
		s = r.suffix
	}
	return p.expand(n.scope), s.expand(n.scope)
}

// full adds a full reference. Its tag is made legal like others; what is wrong
// with its repository is for the caller to say.
func (n *namer) full(r *Rule, m made) {
	tag, why := finish(m.text)
	if tag == "" {
		n.Outcomes = append(n.Outcomes, Outcome{Rule: r, Why: why})
		return
	}
	if n.Version == "" {
		n.Version = tag
	}
	n.add(Tag{Name: r.repository.expand(n.scope) + ":" + tag, Full: true, Kind: m.kind}, Outcome{Rule: r, Why: why})
}

// add lists a tag once.
func (n *namer) add(t Tag, o Outcome) {
	switch {
	case t.Name == "":
	case n.seen[t.Name]:
		o.Tag, o.Why = t.Name, "another rule made it before"
	default:
		o.Tag = t.Name
		n.seen[t.Name] = true
		n.Tags = append(n.Tags, t)
	}
	n.Outcomes = append(n.Outcomes, o)
}

// latest adds the tag latest, where the flavor or the first tag wants it.
func (n *namer) latest(want string) {
	if n.decider == nil || want == "false" || want == "auto" && !n.decider.latest {
		return
	}
	t := Tag{Kind: Floating, willed: want == "true"}
	o := Outcome{Why: "flavor latest=true"}
	if want == "auto" {
		o.Why = "flavor latest=auto, after the first tag"
		t.series = n.decider.series.latest()
	}
	var why string
	if t.Name, why = finish(n.flavor.latestTag(n.scope)); why != "" {
		o.Why += "; " + why
	}
	n.add(t, o)
}

// finish makes a legal tag of a text, and says what it changed, or why there is
// none.
func finish(text string) (tag, why string) {
	tag = legalTag(text)
	switch {
	case text == "":
		return "", "it is empty for this run"
	case tag == "":
		return "", fmt.Sprintf("%q has no letter or digit that a tag may hold", text)
	case len(sanitise(text)) > MaxTag:
		return tag, fmt.Sprintf("it was longer than %d characters, cut, and ends in a hash", MaxTag)
	case tag != text:
		return tag, fmt.Sprintf("made of %q", text)
	}
	return tag, ""
}
