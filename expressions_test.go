package main

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflowFile is what is read of a workflow here.
type workflowFile struct {
	On   map[string]struct{ Branches, Tags []string }
	Jobs map[string]workflowJob
}

type workflowJob struct {
	Services map[string]struct {
		Image string
		Ports []string
	}
	Steps []workflowStep
}

type workflowStep struct {
	ID   string
	If   string
	Uses string
	With map[string]string
	Run  string
	Env  map[string]string
}

func readWorkflow(t *testing.T, raw []byte) workflowFile {
	t.Helper()
	var read workflowFile
	if err := yaml.Unmarshal(raw, &read); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return read
}

// runsFor follows GitHub's filters as far as the files use them; act follows
// none.
func (w workflowFile) runsFor(event, ref string) bool {
	filter, listed := w.On[event]
	if !listed || event != "push" || len(filter.Branches)+len(filter.Tags) == 0 {
		return listed
	}
	matches := func(patterns []string, short string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			matched, err := path.Match(pattern, short)
			return matched && err == nil
		})
	}
	if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		return matches(filter.Tags, tag)
	}
	return matches(filter.Branches, strings.TrimPrefix(ref, "refs/heads/"))
}

// expressions are what may stand in ${{ }}, and their values.
type expressions map[string]string

// in puts the values into a text.
func (known expressions) in(text string) (string, error) {
	var unknown []string
	text = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`).ReplaceAllStringFunc(text, func(expression string) string {
		value, ok := known[strings.TrimSpace(expression[3:len(expression)-2])]
		if !ok {
			unknown = append(unknown, expression)
		}
		return value
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("the tests know no value of %s", strings.Join(unknown, ", "))
	}
	return text, nil
}

// mustIn puts the values into each of some texts.
func (known expressions) mustIn(t *testing.T, texts map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for key, text := range texts {
		var err error
		if all[key], err = known.in(text); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	return all
}

// hold evaluates the condition of a step: nothing, a function of the job's status,
// or EXPRESSION == 'TEXT'.
func (known expressions) hold(condition string, failed bool) (bool, error) {
	switch condition {
	case "always()":
		return true, nil
	case "failure()":
		return failed, nil
	case "", "success()":
		return !failed, nil
	}
	parts := regexp.MustCompile(`^(\S+) (==|!=) '([^']*)'$`).FindStringSubmatch(condition)
	if parts == nil {
		return false, fmt.Errorf("the tests know no condition such as %s", condition)
	}
	value, ok := known[parts[1]]
	if !ok {
		return false, fmt.Errorf("the tests know no value of %s in a condition", parts[1])
	}
	return !failed && (value == parts[3]) == (parts[2] == "=="), nil
}

// inputs are what the runner makes of a step's, and of the defaults in action.yml.
func (known expressions) inputs(t *testing.T, with map[string]string) map[string]string {
	t.Helper()
	all, err := inputDefaults()
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(all, with)
	return known.mustIn(t, all)
}

// TestExpressions evaluates some, and refuses what is not known.
func TestExpressions(t *testing.T) {
	t.Parallel()
	known := expressions{"github.sha": "0123abc", "steps.image.outputs.pushed": "true", "secrets.EMPTY": ""}
	for text, want := range map[string]string{
		"a:${{ github.sha }}-${{github.sha}}${{ secrets.EMPTY }}": "a:0123abc-0123abc",
		"type=semver,pattern={{version}}":                         "type=semver,pattern={{version}}",
		"${{ github.sha }} ${{ secrets.OTHER }}":                  "the tests know no value of ${{ secrets.OTHER }}",
	} {
		got, err := known.in(text)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for _, c := range []struct {
		condition string
		failed    bool
		want      string
	}{
		{"", false, "true"},
		{"", true, "false"},
		{"failure()", false, "false"},
		{"failure()", true, "true"},
		{"always()", true, "true"},
		{"steps.image.outputs.pushed == 'true'", false, "true"},
		{"steps.image.outputs.pushed == 'true'", true, "false"},
		{"steps.image.outputs.pushed != 'true'", false, "false"},
		{"steps.image.outputs.push == 'true'", false, "the tests know no value of steps.image.outputs.push in a condition"},
		{"contains(github.sha, '1')", false, "the tests know no condition such as contains(github.sha, '1')"},
	} {
		holds, err := known.hold(c.condition, c.failed)
		got := strconv.FormatBool(holds)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q, after a failure: %t, is %s, want %s", c.condition, c.failed, got, c.want)
		}
	}
}
