package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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

// TestReadmeTables holds the tables of inputs and outputs to action.yml.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	declared, readme := documents(t)
	for heading, want := range map[string][]string{
		"Inputs":  names(declared.Inputs),
		"Outputs": names(declared.Outputs),
	} {
		got := tableNames(readme, heading)
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Errorf("the section %s of docs and action.yml differ (-action.yml, +docs):\n%s", heading, diff)
		}
	}
}

// TestReadmeDefaults compares the defaults that docs/inputs.md names.
func TestReadmeDefaults(t *testing.T) {
	t.Parallel()
	declared, readme := documents(t)
	row := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| `([^`]+)` \\|")
	found := 0
	for _, match := range row.FindAllStringSubmatch(section(readme, "Inputs"), -1) {
		found++
		if want := declared.Inputs[match[1]].Default; match[2] != want {
			t.Errorf("docs/inputs.md says the default of %s is %q, action.yml %q", match[1], match[2], want)
		}
	}
	if found == 0 {
		t.Error("the table of docs/inputs.md names no default")
	}
}

// documents reads action.yml and the documentation as one text.
func documents(t *testing.T) (actionYAML, string) {
	t.Helper()
	declared, err := readActionYAML()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, page := range pages(t) {
		all.WriteString(page.text + "\n")
	}
	return declared, all.String()
}

// page is a page of the documentation.
type page struct{ path, text string }

// pages reads README.md and docs.
func pages(t *testing.T) []page {
	t.Helper()
	paths, err := filepath.Glob("docs/*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no pages in docs: %v", err)
	}
	var all []page
	for _, path := range append([]string{"README.md"}, paths...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page{path, string(text)})
	}
	return all
}

// TestReadmeNamesEveryInput holds the README's groups of inputs to action.yml.
func TestReadmeNamesEveryInput(t *testing.T) {
	t.Parallel()
	declared, _ := documents(t)
	readme := pages(t)[0].text
	for name := range declared.Inputs {
		if !strings.Contains(section(readme, "Inputs"), "`"+name+"`") {
			t.Errorf("the README's table of inputs does not name %s", name)
		}
	}
	if most := 10_000; len(readme) > most {
		t.Errorf("the README has %d bytes, more than %d: details go to docs", len(readme), most)
	}
}

// TestLinks follows every relative link of the documentation: the file is there, and
// has the heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for _, path := range []string{"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page{path, string(text)})
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range all {
		for _, match := range link.FindAllStringSubmatch(page.text, -1) {
			if fault := followLink(page.path, match[1]); fault != "" {
				t.Errorf("%s: %s", page.path, fault)
			}
		}
	}
	for to, want := range map[string]string{"docs/tags.md#rules": "", "docs/none.md": "no such file", "docs/tags.md#none": "no such heading", "https://example.com/#x": "", "#none": "no such heading"} {
		if fault := followLink("README.md", to); !strings.Contains(fault, want) || (want == "") != (fault == "") {
			t.Errorf("followLink(%q) = %q, want %q", to, fault, want)
		}
	}
}

// followLink returns what is wrong with a link of a page, or "".
func followLink(from, to string) string {
	if strings.Contains(to, "://") {
		return ""
	}
	path, heading, _ := strings.Cut(to, "#")
	file := from
	if path != "" {
		file = filepath.Join(filepath.Dir(from), path)
	}
	if _, err := os.Stat(file); err != nil {
		return fmt.Sprintf("the link %s: no such file: %v", to, err)
	}
	if heading == "" {
		return ""
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	for _, found := range regexp.MustCompile("(?m)^#{1,4} (.*)$").FindAllStringSubmatch(string(text), -1) {
		if anchor(found[1]) == heading {
			return ""
		}
	}
	return fmt.Sprintf("the link %s: no such heading", to)
}

// anchor is how GitHub links to a heading.
func anchor(heading string) string {
	kept := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(kept, " ", "-")
}

// section returns the text of a section, up to the next heading of the same level or
// a page's.
func section(text, heading string) string {
	start := regexp.MustCompile("(?m)^##? "+heading+"$").FindAllStringIndex(text, -1)
	if start == nil {
		return ""
	}
	rest := text[start[len(start)-1][1]:] // docs come after the README
	if end := regexp.MustCompile("(?m)^##? ").FindStringIndex(rest); end != nil {
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
