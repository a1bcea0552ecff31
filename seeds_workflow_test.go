package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func readSeedWorkflow(t *testing.T, file string) workflowFile {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/seeds/.github/workflows", file))
	if err != nil {
		t.Fatal(err)
	}
	return readWorkflow(t, raw)
}

// actionStep is the only one that uses this action.
func (w workflowFile) actionStep(t *testing.T) workflowStep {
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
		want := readSeedWorkflow(t, file).actionStep(t)
		if !slices.ContainsFunc(recipes, func(recipe workflowStep) bool { return recipe.Uses == want.Uses && cmp.Equal(recipe.With, want.With) }) {
			t.Errorf("the README has no recipe with the step of %s: %v", file, want)
		}
	}
}
