package metadata

import "slices"

// Type is what a rule makes tags of.
type Type string

// The types of rules. A bare tag is of the type raw; a full reference of none
// that can be written.
const (
	TypeSchedule  Type = "schedule"
	TypeSemver    Type = "semver"
	TypePEP440    Type = "pep440"
	TypeMatch     Type = "match"
	TypeEdge      Type = "edge"
	TypeRef       Type = "ref"
	TypeRaw       Type = "raw"
	TypeSHA       Type = "sha"
	TypeReference Type = "reference"
)

// Rules is the input tags: rules, in the order in which their tags are listed.
type Rules []*Rule

// References tells whether a line names an image.
func (r Rules) References() bool {
	return slices.ContainsFunc(r, func(rule *Rule) bool { return rule.Type == TypeReference })
}

// Rule is one line of the input tags, or one of the bare tags of a line.
type Rule struct {
	Line Line
	Text string // as written
	Type Type

	priority       float64
	enable         template
	prefix, suffix *template // nil: the flavor's
	repository     template  // reference
	value          template  // raw, semver, pep440, match; the tag of a reference
	hasValue       bool      // the value is not empty
	pattern        template  // schedule, semver, pep440
	match          *pattern  // match; optional for semver and pep440
	group          int       // match
	event          string    // ref: branch, tag or pr
	branch         string    // edge; empty: the default branch
	long           bool      // sha
	kind           Kind      // raw
	written        *written  // of a bare tag or a reference, which is taken as it stands; else nil
}

// spec is what a type of rule takes beside enable, priority, prefix and suffix.
type spec struct {
	priority   float64
	attributes []string
}

// specs are the types that can be written, with docker/metadata-action's
// priorities.
var specs = map[Type]spec{
	TypeSchedule: {1000, []string{"pattern"}},
	TypeSemver:   {900, []string{"pattern", "value", "match"}},
	TypePEP440:   {900, []string{"pattern", "value", "match"}},
	TypeMatch:    {800, []string{"pattern", "group", "value"}},
	TypeEdge:     {700, []string{"branch"}},
	TypeRef:      {600, []string{"event"}},
	TypeRaw:      {200, []string{"value"}},
	TypeSHA:      {100, []string{"format"}},
}

const acceptsTypes = "type=schedule, semver, pep440, match, edge, ref, raw or sha; a bare tag such as 1.2.3; or a full reference such as ghcr.io/owner/name:1.2.3"

// Kind says what a tag follows.
type Kind int

// The kinds of tags.
const (
	Written  Kind = iota // nothing: it stands in the workflow
	Version              // one version or commit, for good
	Floating             // the newest version
	Branch               // the newest commit of a branch
)

func (k Kind) String() string {
	return [...]string{"written", "version", "floating", "branch"}[k]
}
