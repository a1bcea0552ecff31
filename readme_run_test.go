package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readmeRow says how an example of the README is run, or why it is not. To add
// one, add a row to readmeRows; TestReadmeExamplesRun says which are missing.
type readmeRow struct {
	above      string                           // how the paragraph above the example begins
	cannot     string                           // why it is not run
	repository string                           // whose workflow it is: Octo-Org/…
	files      map[string]string                // of the checkout, with expressions; default a Dockerfile that greets
	agentlist  bool                             // has the checkout have that program
	prepare    func(t *testing.T, j *readmeJob) // does what else a run needs
	after      string                           // the example whose run steps come first: how the paragraph above it begins
	builder    string                           // what the job finds: a BuildKit at BUILDKIT_HOST, or nothing or an engine
	idle       []string                         // refs whose push starts nothing
	runs       []readmeRun                      // one after the other
}

// What a job finds on its machine besides a BuildKit at BUILDKIT_HOST.
const (
	noBuilder = "no builder"
	anEngine  = "an engine"
)

// readmeRun is a run of an example, and what must come of it. The texts may have
// expressions.
type readmeRun struct {
	seedRun

	wants []string // what is published, and nothing else
	says  []string // what its log has
	fails bool     // the step with the action does
	check func(t *testing.T, j *readmeJob)
}

// TestReadmeExamplesRun runs the examples of the README as a runner would, but
// for the containers: their steps, on their events, with a GitHub and registries
// of this machine. Each is run, or is listed with the reason why not.
func TestReadmeExamplesRun(t *testing.T) {
	t.Parallel()
	rows := readmeRows()
	examples, faults := matchReadme(rows, readmeExamples(t))
	if len(faults) > 0 {
		t.Fatal(strings.Join(faults, "\n"))
	}
	lab := newReadmeLab(t, rows)
	came := make([][]string, len(rows))
	t.Run("examples", func(t *testing.T) {
		for i, row := range rows {
			if row.cannot != "" {
				came[i] = []string{"not run: " + row.cannot}
				continue
			}
			t.Run(row.repository, func(t *testing.T) {
				t.Parallel()
				t.Log(examples[i].at())
				for _, ref := range row.idle {
					if readWorkflow(t, examples[i].whole).runsFor("push", ref) {
						t.Errorf("the workflow runs for a push of %s", ref)
					}
				}
				for _, run := range row.runs {
					came[i] = append(came[i], run.title+": FAILED")
					j := newReadmeJob(t, lab, *lab.checkouts[i], row, run)
					if at := slices.IndexFunc(rows, func(other readmeRow) bool { return other.above == row.after }); at >= 0 {
						j.runJob(examples[at], false)
					}
					j.runJob(examples[i], true)
					j.mustBeDone()
					came[i][len(came[i])-1] = j.cameOfIt()
				}
			})
		}
	})
	if refused := lab.github.Refused(); len(refused) > 0 {
		t.Errorf("hosts that no example names were asked for: %q", refused)
	}
	all := newTable(t, "example", "above it", "what came of it")
	for i, row := range rows {
		all.add(examples[i].at(), row.above, strings.Join(came[i], "; "))
	}
}

// matchReadme returns the example of each row, and where the two do not fit.
func matchReadme(rows []readmeRow, examples []readmeExample) (found []readmeExample, faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	found = make([]readmeExample, len(rows))
	for _, example := range examples {
		i := slices.IndexFunc(rows, func(row readmeRow) bool { return strings.HasPrefix(example.above, row.above) })
		switch {
		case i < 0:
			fault("%s: the example below %q has no row in readmeRows: say how it is run, or why it cannot be", example.at(), example.above)
		case found[i].line > 0:
			fault("%s and %s: the examples have one row, %q", found[i].at(), example.at(), rows[i].above)
		default:
			found[i] = example
		}
	}
	for i, row := range rows {
		if found[i].line == 0 {
			fault("the documentation has no example below a paragraph that begins with %q", row.above)
		}
		if (row.cannot == "") != (len(row.runs) > 0) {
			fault("the example below %q is to be run, or to have a reason why not", row.above)
		}
	}
	return found, faults
}

// TestReadmeRowsFit shows that an example cannot be forgotten.
func TestReadmeRowsFit(t *testing.T) {
	t.Parallel()
	runs := []readmeRun{pushTo("refs/heads/main")}
	rows := []readmeRow{{above: "One", runs: runs}, {above: "Two", cannot: "it is old"}, {above: "Gone", runs: runs}, {above: "Idle"}}
	examples := []readmeExample{
		{file: "README.md", line: 1, above: "One is run:"}, {file: "README.md", line: 2, above: "Two is not:"}, {file: "README.md", line: 3, above: "Three is new:"}, {file: "README.md", line: 4, above: "One again:"}, {file: "README.md", line: 5, above: "Idle:"},
	}
	_, faults := matchReadme(rows, examples)
	want := []string{
		`README.md:3: the example below "Three is new:" has no row in readmeRows: say how it is run, or why it cannot be`,
		`README.md:1 and README.md:4: the examples have one row, "One"`,
		`the documentation has no example below a paragraph that begins with "Gone"`,
		`the example below "Idle" is to be run, or to have a reason why not`,
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Errorf("faults (-want, +got):\n%s", diff)
	}
}

// Runs of the repository's own, and of a fork.
func pushTo(ref string, wants ...string) readmeRun {
	payload := "push_branch.json"
	if strings.HasPrefix(ref, "refs/tags/") {
		payload = "push_tag.json"
	}
	return readmeRun{seedRun: seedRun{title: "push of " + ref, event: "push", payload: payload, ref: ref}, wants: wants}
}

func pullRequest() readmeRun {
	return readmeRun{seedRun: seedRun{title: "pull request", event: "pull_request", payload: "pull_request.json", ref: "refs/pull/12/merge", reason: "pull request"}}
}

func forksPullRequest() readmeRun {
	return readmeRun{seedRun: seedRun{title: "fork's pull request", event: "pull_request", payload: "pull_request_fork.json", ref: "refs/pull/13/merge", reason: "fork"}}
}

// saying adds what the log must have.
func (run readmeRun) saying(says ...string) readmeRun {
	run.says = append(slices.Clone(run.says), says...)
	return run
}

// checking adds a look at what came of it.
func (run readmeRun) checking(check func(t *testing.T, j *readmeJob)) readmeRun {
	run.check = check
	return run
}
