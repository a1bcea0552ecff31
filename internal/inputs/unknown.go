package inputs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs/foreign"
	"github.com/slipway-build/slipway/internal/spelling"
)

// inputPrefix starts the variables that the runner makes of a step's inputs, also
// of those that the action does not have.
const inputPrefix = "INPUT_"

// unknown looks at the names of inputs that this action does not have. One that
// would change where something is published, or whether, is a mistake, and any
// other a notice. Values are not looked at: they may be secrets.
func (p *parser) unknown() (notices []string) {
	known, others := Names(), foreign.Inputs()
	var nobodys []string
	for _, variable := range slices.Sorted(slices.Values(p.env.Given)) {
		name := inputName(variable)
		if name == "" || slices.Contains(known, name) {
			continue
		}
		other, theirs := others[foreign.Canonical(name)]
		if meant := misspelt(name, known); meant != "" && !theirs {
			other.Refused, other.Use, theirs = publishing(meant), meant, true
		}
		switch {
		case !theirs:
			nobodys = append(nobodys, fmt.Sprintf("%q", name))
		case other.Refused:
			p.problems.add(name, other.Use, "%q is set, and there is no such input here: what is published would not be what the workflow says", variable)
		default:
			notices = append(notices, fmt.Sprintf("the input %q is not used, as there is none of that name; in its place: %s", name, other.Use))
		}
	}
	if len(nobodys) > 0 {
		notices = append(notices, fmt.Sprintf("there are no such inputs, and they are not used: %s", strings.Join(nobodys, ", ")))
	}
	return notices
}

// inputName returns the name of the input that a variable is of, or "": args and
// entrypoint are how the runner starts a container action.
func inputName(variable string) string {
	written, found := strings.CutPrefix(variable, inputPrefix)
	name := strings.ToLower(written)
	if !found || name == "args" || name == "entrypoint" {
		return ""
	}
	return name
}

// misspelt returns the input that a name was probably meant to be, or "".
func misspelt(name string, known []string) string {
	for _, one := range known {
		if foreign.Canonical(name) == foreign.Canonical(one) {
			return one
		}
	}
	for _, one := range known {
		if spelling.Near(name, one) {
			return one
		}
	}
	return ""
}

// publishing tells whether an input decides where an image goes, as whom, under
// which tags, and whether.
func publishing(input string) bool {
	return slices.Contains([]string{"image", "registry", "token", "username", "registry-auth", "tags", "flavor", "push", "outputs", "load"}, input)
}
