package metadata_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/metadata"
)

// mistakes returns the errors that are joined in one.
func mistakes(t *testing.T, err error) []*metadata.Error {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%v (%T) is not joined", err, err)
	}
	var all []*metadata.Error
	for _, each := range joined.Unwrap() {
		var mistake *metadata.Error
		if !errors.As(each, &mistake) {
			t.Fatalf("%v (%T) has no place in the input", each, each)
		}
		all = append(all, mistake)
	}
	return all
}

// wantMistake checks the place and the words of a single mistake.
func wantMistake(t *testing.T, err error, character int, says, accepts string) {
	t.Helper()
	all := mistakes(t, err)
	if len(all) != 1 {
		t.Fatalf("got %d mistakes, want one that says %q:\n%v", len(all), says, err)
	}
	m := all[0]
	if m.Line != 1 || m.Character != character {
		t.Errorf("%v: it is at line %d, character %d, want line 1, character %d", m, m.Line, m.Character, character)
	}
	if !strings.Contains(m.Problem, says) || !strings.Contains(m.Accepts, accepts) {
		t.Errorf("%v: want it to say %q and to accept %q", m, says, accepts)
	}
}

func TestMistakesInTags(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rule          string
		character     int
		says, accepts string
	}{
		"a type that is not known":       {"type=semvar,pattern={{version}}", 6, `"semvar" is not known`, "type=schedule, semver, pep440, match, edge, ref, raw or sha"},
		"a type in capitals":             {"type=SHA", 6, `"SHA" is not known`, "sha"},
		"no type at all":                 {"type=", 6, `"" is not known`, "sha"},
		"an attribute that is not known": {"type=sha,formt=long", 10, `type=sha takes no attribute "formt"`, "type, enable, priority, prefix, suffix, format"},
		"an attribute of another type":   {"type=ref,event=branch,pattern=x", 23, `type=ref takes no attribute "pattern"`, "event"},
		"a value alone where none is":    {"type=sha,long", 10, `"long" has no = and type=sha takes no value`, "format"},
		"a reference with a prefix":      {"ghcr.io/o/n:x,prefix=a", 15, `a full reference takes no attribute "prefix"`, "enable, priority"},
		"semver without a pattern":       {"type=semver", 1, `"type=semver" has no pattern`, "pattern={{version}}"},
		"pep440 without a pattern":       {"type=pep440,value=1.0", 1, "has no pattern", "pattern={{version}}"},
		"match without a pattern":        {"type=match,group=1", 1, "has no pattern", "a regular expression"},
		"match with an empty pattern":    {"type=match,pattern=,group=a", 27, `group is "a"`, "counted from 1"},
		"a group below 0":                {"type=match,pattern=x,group=-1", 28, `group is "-1"`, "0 for the whole match"},
		"a group that is empty":          {"type=match,pattern=x,group=", 28, `group is ""`, "0 for the whole match"},
		"ref without an event":           {"type=ref", 1, `"type=ref" has no event`, "branch, tag, pr"},
		"ref of another event":           {"type=ref,event=push", 16, `event is "push"`, "branch, tag, pr"},
		"raw without a value":            {"type=raw", 1, "has no value", "value=stable"},
		"an attribute and no value":      {"enable=true", 1, "has no value", "value=stable"},
		"another format of sha":          {"type=sha,format=full", 17, `format is "full"`, "short, long"},
		"enable that is neither":         {"type=sha,enable=yes", 17, `enable is "yes", which is neither true nor false`, "{{is_default_branch}}"},
		"enable in capitals":             {"type=sha,enable=True", 17, `enable is "True"`, "true or false"},
		"an empty enable":                {"type=sha,enable=", 17, `enable is ""`, "true or false"},
		"a priority that is no number":   {"type=sha,priority=high", 19, `priority is "high"`, "a number such as 500"},
		"a priority without end":         {"type=sha,priority=Infinity", 19, `priority is "Infinity"`, "a number"},
		"a priority that is not one":     {"type=sha,priority=NaN", 19, `priority is "NaN"`, "a number"},
		"a typo in an expression":        {"type=raw,value=x-{{brnach}}", 20, "there is no expression {{brnach}}", "{{branch}}, {{tag}}, {{sha}}"},
		"a typo in a pattern":            {"type=semver,pattern={{vesion}}", 23, "there is no expression {{vesion}}", "{{version}}"},
		"a typo in enable":               {"type=sha,enable={{is_main}}", 19, "there is no expression {{is_main}}", "{{is_default_branch}}"},
		"a typo in a prefix":             {"type=sha,prefix={{Branch}}", 19, "there is no expression {{Branch}}", "{{branch}}"},
		"a typo in a bare tag":           {"x-{{shaa}}", 5, "there is no expression {{shaa}}", "{{sha}}"},
		"a typo in a reference":          {"ghcr.io/o/n:{{shaa}}", 15, "there is no expression {{shaa}}", "{{sha}}"},
		"a typo in a repository":         {"ghcr.io/{{own}}/n:x", 11, "there is no expression {{own}}", "{{sha}}"},
		"a block of Handlebars":          {"{{#if tag}}x{{/if}}", 3, "{{#if}} is a block of Handlebars", "{{tag}}"},
		"an empty expression":            {"x{{}}", 4, "there is no expression {{}}", "{{branch}}"},
		"an expression that stays open":  {"x-{{branch", 3, "the expression is never closed", "{{branch}}"},
		"closed too early":               {"x-{{{branch}}", 12, "is not closed with }}}", "{{branch}}"},
		"a name with a text behind":      {"{{branch 'x'}}", 10, "{{branch}} takes nothing after its name", "{{branch}}"},
		"a name with a name behind":      {"{{branch tag}}", 10, `"tag" is neither`, "'text' in quotes"},
		"a date without a format":        {"{{date}}", 3, "{{date}} has no format", "'YYYYMMDD'"},
		"a date with a zone alone":       {"{{date tz='UTC'}}", 3, "{{date}} has no format", "'YYYYMMDD'"},
		"a date with two formats":        {"{{date 'YYYY' 'MM'}}", 15, `does not take a second text, "MM"`, "tz='ZONE'"},
		"a date with another key":        {"{{date 'YYYY' zone='UTC'}}", 15, "does not take zone=", "tz='ZONE'"},
		"a zone without quotes":          {"{{date 'YYYY' tz=UTC}}", 18, "tz= is not followed by a quote", "'text' in quotes"},
		"a quote that stays open":        {"{{date 'YYYY}}", 8, "the quote is never closed", "{{date 'FORMAT'}}"},
		"a format of strftime":           {"{{date '%Y%m%d'}}", 8, `"%Y%m%d" is a format of strftime`, "moment.js"},
		"a layout of Go's":               {"{{date '2006-01-02'}}", 8, "has no part of a date or time", "moment.js"},
		"an empty format":                {"{{date ''}}", 8, "has no part of a date or time", "moment.js"},
		"a bracket that stays open":      {"{{date 'YYYY[T'}}", 8, "is never closed", "[square brackets]"},
		"a zone that is not known":       {"{{date 'YYYY' tz='Europe/Bärlin'}}", 15, `the time zone "Europe/Bärlin" is not known`, "tz='Europe/Berlin'"},
		"a zone that is a path":          {"{{date 'YYYY' tz='../../../etc/passwd'}}", 15, "is not known", "tz='UTC'"},
		"the machine's own zone":         {"{{date 'YYYY' tz='Local'}}", 15, `the time zone "Local" is not known`, "tz='UTC'"},
		"an empty zone":                  {"{{date 'YYYY' tz=''}}", 15, `the time zone "" is not known`, "tz='UTC'"},
		"an expression wrong":            {"type=match,pattern=v(\\d+", 21, "missing closing )", "a regular expression of JavaScript"},
		"an expression wrong further on": {"type=match,pattern=(a)(b)c**d", 28, "invalid nested repetition", "a regular expression"},
		"a class that stays open":        {"type=match,pattern=/x[a-z/i", 22, "unterminated [] set", "a regular expression"},
		"a flag that is not known":       {"type=match,pattern=/v/gx", 24, `flag 'x'`, "d, g, i, m, s, u or y"},
		"a flag twice":                   {"type=match,pattern=/v/gig", 25, `flag 'g'`, "d, g, i, m, s, u or y"},
		"a match that is wrong":          {"type=semver,pattern={{raw}},match=(x", 35, "missing closing )", "a regular expression"},
		"a quote inside an attribute":    {`type=raw,value=a"b`, 17, `bare "`, "in double quotes"},
		"a quote in an expression":       {`{{date "YYYY"}}`, 8, `bare "`, "single quotes inside expressions"},
		"text after a quote":             {`type=raw,"value=a"b`, 18, `extraneous`, "in double quotes"},
		"no UTF-8":                       {"type=raw,value=a\xffb", 17, "the byte 0xff is not UTF-8", "UTF-8"},
		"counted in characters":          {"type=raw,value=日本{{x}}", 20, "{{x}}", "{{branch}}"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := metadata.ParseTags(lines(c.rule))
			wantMistake(t, err, c.character, c.says, c.accepts)
		})
	}
}

func TestMistakesInFlavor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line          string
		character     int
		says, accepts string
	}{
		"another latest":              {"latest=yes", 8, `latest is "yes"`, "auto, true or false"},
		"an empty latest":             {"latest=", 8, `latest is ""`, "auto, true or false"},
		"another attribute":           {"prefx=a", 1, `flavor takes no attribute "prefx"`, "prefix=TEXT"},
		"no attribute":                {"auto", 1, `"auto" has no =`, "latest=auto"},
		"onlatest before its prefix":  {"onlatest=true,prefix=a", 1, "onlatest has no prefix or suffix before it", ",onlatest=true"},
		"another onlatest":            {"prefix=a,onlatest=yes", 19, `onlatest is "yes"`, "true or false"},
		"a typo in an expression":     {"suffix=-{{shaa}}", 11, "there is no expression {{shaa}}", "{{sha}}"},
		"a typo in latest":            {"latest={{default}}", 10, "there is no expression {{default}}", "{{is_default_branch}}"},
		"a quote inside an attribute": {`prefix=a"b`, 9, `bare "`, "in double quotes"},
		"no UTF-8":                    {"prefix=\xc3(", 8, "the byte 0xc3 is not UTF-8", "UTF-8"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := metadata.ParseFlavor(lines(c.line))
			wantMistake(t, err, c.character, c.says, c.accepts)
		})
	}
}

// What an expression makes is known in a run only.
func TestMistakesInARun(t *testing.T) {
	t.Parallel()
	rules, err := metadata.ParseTags(lines("type=sha,enable={{branch}}", "type=raw,value=x,enable=x{{tag}}", "fine", `type=match,pattern=^(a+)+$`))
	if err != nil {
		t.Fatal(err)
	}
	flavor, err := metadata.ParseFlavor(lines("", "latest={{tag}}"))
	if err != nil {
		t.Fatal(err)
	}
	f := run(t, "push main")
	_, err = rules.Names(flavor, f)
	var got []string
	for _, m := range mistakes(t, err) {
		got = append(got, fmt.Sprintf("%s %d: %s", m.Input, m.Line, m.Problem))
	}
	want := []string{
		"flavor 2: latest is empty for this run",
		`tags 2: enable is "x" for this run, which is neither true nor false`, // of a higher priority
		`tags 1: enable is "main" for this run, which is neither true nor false`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	f.Ref = "refs/tags/" + strings.Repeat("a", 60) + "!"
	if _, err := rules.Names(metadata.Flavor{}, f); err == nil || !strings.Contains(err.Error(), "takes more than 1s to match") {
		t.Errorf("Names(a pattern that needs years) = %v, want an error after a second", err)
	}
}

// All mistakes of all lines are found at once, each at its place.
func TestEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	rules := []metadata.Line{
		{Text: "type=nope", Number: 3},
		{Text: "type=sha,format=x,enable=y,prefix={{z}},color=red", Number: 4},
		{Text: "fine", Number: 6},
		{Text: "\"type=raw\",\"value=a\nb{{c}}\"", Number: 7},
		{Text: "{{d}}, e, {{f}}", Number: 9},
		{Text: "type=raw,value=a\ntype=raw,value=b", Number: 10},
	}
	_, err := metadata.ParseTags(rules)
	var got []string
	for _, m := range mistakes(t, err) {
		got = append(got, fmt.Sprintf("%d:%d %s", m.Line, m.Character, m.Problem))
	}
	want := []string{
		`3:6 the rule type "nope" is not known`,
		`4:41 type=sha takes no attribute "color"`,
		`4:26 enable is "y", which is neither true nor false`,
		`4:37 there is no expression {{z}}`,
		`4:17 format is "x", which is not one of them`,
		`8:4 there is no expression {{c}}`,
		`9:3 there is no expression {{d}}`,
		`9:13 there is no expression {{f}}`,
		`11:1 a rule ends here, and more text follows`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := err.Error(); !strings.Contains(text, `input "tags": line 4, character 41: type=sha takes no attribute "color"; accepted: type, enable`) {
		t.Errorf("the error does not name input, line and character:\n%s", text)
	}
}
