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
)

// mayWrite is every right of our own workflows beyond reading: file, job, scope.
var mayWrite = []string{
	"ci.yml publish packages",
	"codeql.yml analyze security-events",
	"release.yml image packages",
	"release.yml publish contents",
}

// workflow is what the rules look at.
type workflow struct {
	Permissions yaml.Node `yaml:"permissions"`
	Concurrency yaml.Node `yaml:"concurrency"`
	Jobs        map[string]struct {
		Uses        string            `yaml:"uses"`
		Permissions map[string]string `yaml:"permissions"`
		Timeout     int               `yaml:"timeout-minutes"`
		Steps       []struct {
			Uses yaml.Node      `yaml:"uses"`
			Run  string         `yaml:"run"`
			With map[string]any `yaml:"with"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

var pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)

// workflowFaults returns where a workflow of ours trusts more than it needs, and
// the rights to write that it asks for.
func workflowFaults(file string, raw []byte) (faults, writes []string) {
	var w workflow
	if err := yaml.Unmarshal(raw, &w); err != nil {
		return []string{err.Error()}, nil
	}
	fault := func(format string, args ...any) { faults = append(faults, file+": "+fmt.Sprintf(format, args...)) }
	if w.Permissions.Kind != yaml.MappingNode || len(w.Permissions.Content) != 0 {
		fault("permissions are not {} at the top")
	}
	if w.Concurrency.IsZero() {
		fault("no concurrency group")
	}
	for name, job := range w.Jobs {
		if job.Permissions == nil {
			fault("%s: no permissions", name)
		}
		if job.Timeout == 0 {
			fault("%s: no timeout-minutes", name)
		}
		for scope, right := range job.Permissions {
			if right != "read" {
				writes = append(writes, strings.Join([]string{file, name, scope}, " "))
			}
		}
		for i, step := range job.Steps {
			uses := step.Uses.Value
			if uses != "" && uses != "./" && (!pinned.MatchString(uses) || !strings.HasPrefix(step.Uses.LineComment, "# v")) {
				fault("%s: step %d: %s is not pinned by commit, with its version in a comment", name, i+1, uses)
			}
			if strings.HasPrefix(uses, "actions/checkout@") && step.With["persist-credentials"] != false {
				fault("%s: step %d: the checkout keeps its credentials", name, i+1)
			}
			// A name or title that somebody chose must not become a command; env can hold it.
			if strings.Contains(step.Run, "${{") {
				fault("%s: step %d: an expression in run", name, i+1)
			}
		}
		if job.Uses != "" && !strings.HasPrefix(job.Uses, "./") && !pinned.MatchString(job.Uses) {
			fault("%s: %s is not pinned by commit", name, job.Uses)
		}
	}
	slices.Sort(faults)
	return faults, writes
}

// TestOurWorkflows holds .github to the rules.
func TestOurWorkflows(t *testing.T) {
	t.Parallel()
	var writes []string
	for name, raw := range workflowFiles(t, ".github/workflows") {
		faults, w := workflowFaults(name, raw)
		for _, fault := range faults {
			t.Error(fault)
		}
		writes = append(writes, w...)
	}
	if diff := cmp.Diff(mayWrite, sorted(writes)); diff != "" {
		t.Errorf("rights to write (-allowed, +asked for):\n%s", diff)
	}
}

// TestWorkflowRules shows that each rule finds what it is there for.
func TestWorkflowRules(t *testing.T) {
	t.Parallel()
	bad := `
permissions: write-all
jobs:
  a:
    steps:
      - uses: actions/checkout@v6
      - uses: octo/thing@0123456789012345678901234567890123456789
      - run: echo ${{ github.event.pull_request.title }}
  b:
    permissions: {contents: write}
    timeout-minutes: 1
    uses: octo/thing/.github/workflows/x.yml@main
`
	faults, writes := workflowFaults("bad.yml", []byte(bad))
	want := []string{
		"bad.yml: a: no permissions",
		"bad.yml: a: no timeout-minutes",
		"bad.yml: a: step 1: actions/checkout@v6 is not pinned by commit, with its version in a comment",
		"bad.yml: a: step 1: the checkout keeps its credentials",
		"bad.yml: a: step 2: octo/thing@0123456789012345678901234567890123456789 is not pinned by commit, with its version in a comment",
		"bad.yml: a: step 3: an expression in run",
		"bad.yml: b: octo/thing/.github/workflows/x.yml@main is not pinned by commit",
		"bad.yml: no concurrency group",
		"bad.yml: permissions are not {} at the top",
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Errorf("faults (-want, +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bad.yml b contents"}, writes); diff != "" {
		t.Errorf("rights to write (-want, +got):\n%s", diff)
	}
}

// TestUpdates holds the configuration of Dependabot to the modules there are.
func TestUpdates(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(".github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directories []string `yaml:"directories"`
		}
	}
	if err := yaml.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	var got, ecosystems []string
	for _, update := range config.Updates {
		got = append(got, update.Directories...)
		ecosystems = append(ecosystems, update.Ecosystem)
	}
	var want []string
	for _, pattern := range []string{"go.mod", "internal/tools/go.mod", "internal/tools/*/go.mod"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if dir := filepath.Dir("/" + path); dir != "/internal/tools/older" { // whose BuildKit is old on purpose
				want = append(want, dir)
			}
		}
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("modules and those that are updated differ (-modules, +dependabot.yml):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"docker", "github-actions", "gomod"}, sorted(ecosystems)); diff != "" {
		t.Errorf("ecosystems (-want, +got):\n%s", diff)
	}
}

// workflowFiles reads the workflows of a directory by name.
func workflowFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no workflow in %s: %v", dir, err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = raw
	}
	return files
}
