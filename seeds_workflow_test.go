package main

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// seedWorkflow is what is read of a workflow file here.
type seedWorkflow struct {
	On   map[string]struct{ Branches, Tags []string }
	Jobs map[string]struct{ Steps []workflowStep }
}

type workflowStep struct {
	Uses string
	With map[string]string
}

func readSeedWorkflow(t *testing.T, file string) seedWorkflow {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/seeds/.github/workflows", file))
	if err != nil {
		t.Fatal(err)
	}
	var read seedWorkflow
	if err := yaml.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// runsFor follows GitHub's filters as far as the files use them; act follows
// none.
func (w seedWorkflow) runsFor(event, ref string) bool {
	filter, listed := w.On[event]
	if !listed || event != "push" {
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

// step is the only one that uses this action.
func (w seedWorkflow) step(t *testing.T) workflowStep {
	t.Helper()
	var found []workflowStep
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			if step.Uses == "slipway-build/slipway@v1" {
				found = append(found, step)
			}
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d steps use the action, want one", len(found))
	}
	return found[0]
}

// inputs are what the runner makes of a step's, and of the defaults in
// action.yml.
func (s *seeds) inputs(t *testing.T, workflow, token string) map[string]string {
	t.Helper()
	all, err := inputDefaults()
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(all, readSeedWorkflow(t, workflow).step(t).With)
	contexts := strings.NewReplacer("${{ github.sha }}", s.sha, "${{ github.run_id }}", seedRunID, "${{ github.token }}", token)
	for input, value := range all {
		if all[input] = contexts.Replace(value); strings.Contains(all[input], "${{") {
			t.Fatalf("the input %s has an expression that is not known here: %s", input, value)
		}
	}
	return all
}

// TestSeedsRunForNothingElse has events for which the workflows of GitHub's
// documentation do not run.
func TestSeedsRunForNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ workflow, event, ref string }{
		{"release.yml", "push", "refs/heads/main"},
		{"release.yml", "push", "refs/tags/v1.2.3"},
		{"release.yml", "pull_request", "refs/pull/12/merge"},
		{"older-release.yml", "push", "refs/heads/main"},
		{"demo-push.yml", "push", "refs/heads/release"},
		{"demo-push.yml", "push", "refs/tags/1.2.3"},
	} {
		if readSeedWorkflow(t, c.workflow).runsFor(c.event, c.ref) {
			t.Errorf("%s runs for the event %s of %s", c.workflow, c.event, c.ref)
		}
	}
}

// TestReadmeHasTheSeeds wants a recipe for each of the files: the step that is
// run here is the one that people copy.
func TestReadmeHasTheSeeds(t *testing.T) {
	t.Parallel()
	_, readme := documents(t)
	var recipes []workflowStep
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(- uses: .*?)^```$").FindAllStringSubmatch(readme, -1) {
		var steps []workflowStep
		if err := yaml.Unmarshal([]byte(block[1]), &steps); err != nil {
			t.Errorf("%v\n%s", err, block[1])
		}
		recipes = append(recipes, steps...)
	}
	for _, file := range []string{"release.yml", "older-release.yml", "demo-push.yml"} {
		want := readSeedWorkflow(t, file).step(t)
		if !slices.ContainsFunc(recipes, func(recipe workflowStep) bool { return cmp.Equal(recipe, want) }) {
			t.Errorf("the README has no recipe with the step of %s: %v", file, want)
		}
	}
}
