package inputs

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// attributes are the parts of a line such as type=registry,ref=NAME, by name.
type attributes map[string]string

// attributes splits a line at its commas, by the rules of CSV: a part that holds
// a comma is put in quotes as a whole. It returns nil for a line that is none.
// The mistakes show no value, which may be a secret's. Where tells the place in
// the input.
func (p *parser) attributes(input, accepts, where, line string) attributes {
	parts, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(line, "\n", " "))).Read()
	if err != nil {
		p.problems.add(input, accepts, "%sits quotes are not those of CSV", where)
		return nil
	}
	found, whole := attributes{}, true
	for i, part := range parts {
		name, value, complete := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		switch _, twice := found[name]; {
		case !complete || name == "":
			p.problems.add(input, accepts, "%spart %d of it is not NAME=value", where, i+1)
			whole = false
			continue
		case twice:
			p.problems.add(input, accepts, "%s%s is given twice", where, name)
			continue
		}
		found[name] = strings.TrimSpace(value)
	}
	if !whole {
		return nil
	}
	return found
}

// splitSecrets takes apart what must not be shown: passwords by whatever name,
// and addresses that hold a signature, as those of Azure may.
func (a attributes) splitSecrets() (shown map[string]string, hidden map[string]Secret) {
	shown = map[string]string{}
	for name, value := range a {
		secret := strings.Contains(value, "sig=")
		for _, word := range []string{"secret", "token", "password", "account_key", "accountkey"} {
			secret = secret || strings.Contains(name, word)
		}
		if !secret {
			shown[name] = value
			continue
		}
		if hidden == nil {
			hidden = map[string]Secret{}
		}
		hidden[name] = Secret(value)
	}
	return shown, hidden
}

// check says what is wrong with an attribute's value, or "".
type check func(value string) string

// checkAttributes reports values that are wrong, and attributes that nobody
// knows: BuildKit leaves both out without a word.
func (p *parser) checkAttributes(input, accepts, where string, given attributes, known map[string]check) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		valid, ok := known[name]
		if !ok {
			p.problems.add(input, accepts, "%sthere is no attribute %s; there are %s", where, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			continue
		}
		if wrong := valid(given[name]); wrong != "" {
			p.problems.add(input, accepts, "%s%s: %s", where, name, wrong)
		}
	}
}

func anything(string) string { return "" }

func something(value string) string {
	if value == "" {
		return "it is empty"
	}
	return ""
}

func trueOrFalse(value string) string {
	if _, err := strconv.ParseBool(value); err != nil {
		return fmt.Sprintf("%q is neither true nor false", value)
	}
	return ""
}

func wholeNumber(value string) string {
	if _, err := strconv.Atoi(value); err != nil {
		return fmt.Sprintf("%q is not a whole number", value)
	}
	return ""
}

func oneOf(values ...string) check {
	return func(value string) string {
		if slices.Contains(values, value) {
			return ""
		}
		return fmt.Sprintf("%q is not one of %s", value, strings.Join(values, ", "))
	}
}
