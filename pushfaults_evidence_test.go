package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// evidence is what a run has said, and what the registry holds after it.
type evidence struct {
	code    int
	said    string
	outputs map[string]string
	shown   string            // the repository as the run names it
	before  string            // digest under the tags before the run; "" for none
	after   map[string]string // tag to digest; "" where there is none
	broken  []string          // what the registry does not give, of what its tags lead to
}

// look pulls everything that the tags lead to, to the last byte.
func (e *evidence) look(t *testing.T, repository string, tags []string, options ...remote.Option) {
	t.Helper()
	e.after = map[string]string{}
	whole := map[string]bool{}
	for _, tag := range tags {
		ref, err := name.NewTag(repository + ":" + tag)
		if err != nil {
			t.Fatal(err)
		}
		got, err := remote.Get(ref, options...)
		if err != nil {
			e.broken = append(e.broken, fmt.Sprintf("%s: %v", tag, err))
			continue
		}
		digest := got.Digest.String()
		e.after[tag] = digest
		if whole[digest] {
			continue
		}
		whole[digest] = true
		if err := pullAll(got); err != nil {
			e.broken = append(e.broken, fmt.Sprintf("%s at %s: %v", tag, digest, err))
		}
	}
}

// pullAll reads every manifest and blob, and compares it with its digest.
func pullAll(got *remote.Descriptor) error {
	if got.MediaType.IsIndex() {
		index, err := got.ImageIndex()
		if err != nil {
			return err
		}
		return validate.Index(index)
	}
	image, err := got.Image()
	if err != nil {
		return err
	}
	return validate.Image(image)
}

// notMoved is where an error lists the tags that did not.
var notMoved = regexp.MustCompile(`(?s)moved: (.*?)(?:\n|%0A)not moved, or not confirmed: (.*?)(?:\n|%0A|$)`)

// lost says where the run is not true, or the registry not whole.
func (e *evidence) lost() []string {
	lost := slices.Clone(e.broken)
	missing := func(format string, args ...any) { lost = append(lost, fmt.Sprintf(format, args...)) }
	digest := e.outputs["digest"]
	if e.code == 0 {
		if _, err := v1.NewHash(digest); err != nil {
			missing("it succeeded, and the output digest is %q", digest)
		}
		for tag, at := range e.after {
			if at != digest || !slices.Contains(strings.Fields(e.outputs["tags"]), e.shown+":"+tag) {
				missing("the output is %s with the tags %q, and %s is at %q", digest, e.outputs["tags"], tag, at)
			}
		}
		return lost
	}
	if len(e.outputs) > 0 {
		missing("it failed, and there are outputs: %v", e.outputs)
	}
	if !strings.Contains(e.said, "::error") {
		missing("it failed without an error")
	}
	var moved, still string
	if told := notMoved.FindStringSubmatch(e.said); told != nil {
		moved, still = told[1], told[2]
	}
	for tag, at := range e.after {
		full := e.shown + ":" + tag
		switch saysMoved := slices.Contains(strings.Split(moved, ", "), full); {
		case at == e.before && saysMoved:
			missing("it says that %s moved, and it is where it was", tag)
		case at != e.before && !saysMoved && !strings.Contains(still, full):
			missing("%s has moved to %s, and it does not say so", tag, at)
		}
	}
	return lost
}

// TestEvidence tells every kind of loss from what is none.
func TestEvidence(t *testing.T) {
	t.Parallel()
	const repo = "r/app"
	before, made, other := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64), "sha256:"+strings.Repeat("3", 64)
	outputs := map[string]string{"digest": made, "tags": repo + ":one\n" + repo + ":two"}
	says := func(moved, still string) string {
		return "::error::moving tags: x%0Amoved: " + moved + "%0Anot moved, or not confirmed: " + still + "\n"
	}
	both := func(one, two string) map[string]string { return map[string]string{"one": one, "two": two} }
	for name, c := range map[string]struct {
		evidence
		lost int
	}{
		"all there":               {evidence{outputs: outputs, after: both(made, made)}, 0},
		"a tag stayed":            {evidence{outputs: outputs, after: both(made, before)}, 1},
		"a tag is another's":      {evidence{outputs: outputs, after: both(other, made)}, 1},
		"a blob is not there":     {evidence{outputs: outputs, after: both(made, made), broken: []string{"x"}}, 1},
		"no output":               {evidence{after: both(made, made)}, 3},
		"a tag is not told":       {evidence{outputs: map[string]string{"digest": made, "tags": repo + ":one"}, after: both(made, made)}, 1},
		"refused":                 {evidence{code: 1, said: "::error::x", after: both(before, before)}, 0},
		"refused in silence":      {evidence{code: 1, after: both(before, before)}, 1},
		"refused with an output":  {evidence{code: 1, said: "::error::x", outputs: outputs, after: both(before, before)}, 1},
		"refused, and moved":      {evidence{code: 1, said: "::error::x", after: both(made, before)}, 1},
		"half":                    {evidence{code: 1, said: says(repo+":one", repo+":two"), after: both(made, before)}, 0},
		"half, the wrong one":     {evidence{code: 1, said: says(repo+":two", repo+":one"), after: both(made, before)}, 1},
		"half, and one forgotten": {evidence{code: 1, said: says(repo+":one", "none"), after: both(made, made)}, 1},
	} {
		c.before, c.shown = before, repo
		if lost := c.evidence.lost(); len(lost) != c.lost {
			t.Errorf("%s: lost %q, want %d", name, lost, c.lost)
		}
	}
}
