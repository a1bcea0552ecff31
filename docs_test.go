package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/report"
)

// actionYAML is what the runner reads of action.yml.
type actionYAML struct {
	Inputs  map[string]declaration `yaml:"inputs"`
	Outputs map[string]declaration `yaml:"outputs"`
	Runs    struct {
		Using string `yaml:"using"`
		Image string `yaml:"image"`
	} `yaml:"runs"`
}

type declaration struct {
	Description string `yaml:"description"`
	Default     string `yaml:"default"`
}

func readActionYAML() (actionYAML, error) {
	raw, err := os.ReadFile("action.yml")
	if err != nil {
		return actionYAML{}, err
	}
	var declared actionYAML
	if err := yaml.Unmarshal(raw, &declared); err != nil {
		return actionYAML{}, fmt.Errorf("reading action.yml: %w", err)
	}
	return declared, nil
}

// TestActionDeclaresWhatTheCodeReads holds action.yml and the code together: an
// input that one of them lacks would be ignored without a word.
func TestActionDeclaresWhatTheCodeReads(t *testing.T) {
	t.Parallel()
	declared, err := readActionYAML()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sorted(names(declared.Inputs)), sorted(inputs.Names())); diff != "" {
		t.Errorf("inputs of action.yml and of the code differ (-action.yml, +code):\n%s", diff)
	}
	if diff := cmp.Diff(sorted(names(declared.Outputs)), sorted(report.OutputNames())); diff != "" {
		t.Errorf("outputs of action.yml and of the code differ (-action.yml, +code):\n%s", diff)
	}
	for name, about := range declared.Inputs {
		if about.Description == "" {
			t.Errorf("the input %s has no description", name)
		}
	}
	for name, about := range declared.Outputs {
		if about.Description == "" {
			t.Errorf("the output %s has no description", name)
		}
	}
	if declared.Runs.Using != "docker" {
		t.Errorf("runs.using = %q, want docker", declared.Runs.Using)
	}
}

// TestReadmeTables holds the README's tables of inputs and outputs to action.yml.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	declared, readme := documents(t)
	for heading, want := range map[string][]string{
		"Inputs":  names(declared.Inputs),
		"Outputs": names(declared.Outputs),
	} {
		got := tableNames(readme, heading)
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Errorf("the README's section %s and action.yml differ (-action.yml, +README):\n%s", heading, diff)
		}
	}
}

// TestReadmeDefaults compares the defaults that the README names.
func TestReadmeDefaults(t *testing.T) {
	t.Parallel()
	declared, readme := documents(t)
	row := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| `([^`]+)` \\|")
	found := 0
	for _, match := range row.FindAllStringSubmatch(section(readme, "Inputs"), -1) {
		found++
		if want := declared.Inputs[match[1]].Default; match[2] != want {
			t.Errorf("README says the default of %s is %q, action.yml %q", match[1], match[2], want)
		}
	}
	if found == 0 {
		t.Error("the README's table of inputs names no default")
	}
}

// documents reads action.yml and the README.
func documents(t *testing.T) (actionYAML, string) {
	t.Helper()
	declared, err := readActionYAML()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return declared, string(readme)
}

// section returns the text of a README section, up to the next heading of the
// same level.
func section(readme, heading string) string {
	start := regexp.MustCompile("(?m)^## " + heading + "$").FindStringIndex(readme)
	if start == nil {
		return ""
	}
	rest := readme[start[1]:]
	if end := regexp.MustCompile("(?m)^## ").FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

// tableNames returns the names in code marks in the first column of a section's
// tables.
func tableNames(readme, heading string) []string {
	var found []string
	for _, match := range regexp.MustCompile("(?m)^\\| ((?:`[a-z-]+`(?:, )?)+) \\|").FindAllStringSubmatch(section(readme, heading), -1) {
		for _, code := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(match[1], -1) {
			found = append(found, code[1])
		}
	}
	return found
}

func names(declared map[string]declaration) []string {
	all := make([]string, 0, len(declared))
	for name := range declared {
		all = append(all, name)
	}
	return all
}

func sorted(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	return all
}
