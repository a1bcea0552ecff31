package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestWorkflowsLint reads every workflow of the repository and every example of
// the README as GitHub does, with the inputs and outputs of action.yml.
func TestWorkflowsLint(t *testing.T) {
	t.Parallel()
	files := workflowFiles(t, ".github/workflows")
	for name, raw := range workflowFiles(t, "testdata/workflow/.github/workflows") {
		files["testdata-"+name] = raw
	}
	maps.Copy(files, readmeWorkflows(t))
	if said := actionlint(t, files); said != "" {
		t.Error(said)
	}
}

// TestExamplesAreChecked shows that mistakes in an example are found.
func TestExamplesAreChecked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ example, want string }{
		{"- uses: slipway-build/slipway@v1\n  with:\n    imagee: a\n", `input "imagee" is not defined`},
		{"- uses: slipway-build/slipway@v1\n  id: image\n- run: echo \"$A\"\n  env:\n    A: ${{ steps.image.outputs.digests }}\n", `property "digests" is not defined`},
		{"- run: echo ${{ github.event.pull_request.title }}\n", "potentially untrusted"},
		{"services:\n  registry:\n    imagee: registry:3\nsteps:\n  - run: echo\n", `unexpected key "imagee"`},
		{"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v6\n        with: {refs: a}\n", `input "refs" is not defined`},
	} {
		whole, err := wholeWorkflow(test.example)
		if err != nil {
			t.Errorf("%q: %v", test.example, err)
			continue
		}
		if said := actionlint(t, map[string][]byte{"bad.yml": whole}); !strings.Contains(said, test.want) {
			t.Errorf("%q: actionlint says %q, want %q", test.example, said, test.want)
		}
	}
}

// readmeExample is a block of YAML in the documentation.
type readmeExample struct {
	file  string
	line  int
	above string // the paragraph above it
	whole []byte // a workflow
}

func readmeExamples(t *testing.T) []readmeExample {
	t.Helper()
	var found []readmeExample
	for _, page := range pages(t) {
		found = append(found, examplesOf(t, page)...)
	}
	if len(found) == 0 {
		t.Error("the documentation has no example")
	}
	return found
}

// examplesOf are the examples of one page.
func examplesOf(t *testing.T, page page) (found []readmeExample) {
	t.Helper()
	for _, block := range regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$").FindAllStringSubmatchIndex(page.text, -1) {
		before := strings.TrimSpace(page.text[:block[0]])
		example := readmeExample{
			file:  page.path,
			line:  strings.Count(page.text[:block[0]], "\n") + 1,
			above: before[strings.LastIndex(before, "\n\n")+2:],
		}
		var err error
		if example.whole, err = wholeWorkflow(page.text[block[2]:block[3]]); err != nil {
			t.Errorf("%s: %v", example.at(), err)
			continue
		}
		found = append(found, example)
	}
	return found
}

// at is where the example is.
func (e readmeExample) at() string { return fmt.Sprintf("%s:%d", e.file, e.line) }

// readmeWorkflows returns the examples of the documentation as whole workflows, named by their
// line.
func readmeWorkflows(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, example := range readmeExamples(t) {
		found[fmt.Sprintf("%s-line-%d.yml", strings.TrimSuffix(filepath.Base(example.file), ".md"), example.line)] = example.whole
	}
	return found
}

// wholeWorkflow makes a workflow of an example, which may be one, or a job's keys,
// or steps, and has it use the action of this checkout.
func wholeWorkflow(example string) ([]byte, error) {
	var parsed any
	if err := yaml.Unmarshal([]byte(example), &parsed); err != nil {
		return nil, err
	}
	const job = "on:\n  push:\n  pull_request:\njobs:\n  example:\n    runs-on: ubuntu-latest\n"
	keys, isMap := parsed.(map[string]any)
	_, isSteps := parsed.([]any)
	switch {
	case isSteps:
		example = job + "    steps:\n" + indent(example, 6)
	case isMap && keys["jobs"] == nil && keys["steps"] != nil:
		example = job + indent(example, 4)
	case !isMap || keys["jobs"] == nil:
		return nil, fmt.Errorf("an example is a workflow, a job's keys with its steps, or steps; got %T", parsed)
	}
	return regexp.MustCompile(`slipway-build/slipway@v\d+`).ReplaceAll([]byte(example), []byte("./")), nil
}

func indent(text string, by int) string {
	return regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(text, strings.Repeat(" ", by)+"$1")
}

// actionlint runs the program on workflows of one repository, which has this
// action, and returns what it finds.
func actionlint(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil { // or it looks for no action
		t.Fatal(err)
	}
	action, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(dir, "action.yml"), action)
	mustWrite(t, filepath.Join(dir, "Dockerfile"), nil)
	for name, raw := range files {
		mustWrite(t, filepath.Join(dir, ".github", "workflows", name), raw)
	}
	cmd := testenv.Command(t, testenv.Tool(t, "actionlint"), "-no-color", "-shellcheck=", "-pyflakes=")
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	if err != nil && len(said) == 0 {
		t.Fatalf("running actionlint: %v", err)
	}
	return strings.TrimSpace(string(said))
}
