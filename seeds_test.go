package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// The tokens of runs: of the repository itself, and of a pull request of a fork.
const (
	ownRunToken  = "ghs_15368_TheTokenOfTheRepositorysOwnRuns.WhichCanWrite"
	forkRunToken = "ghs_15368_TheTokenOfAForksPullRequest.WhichCanRead"
)

// seedRunID is not what act says by itself, which is 1.
const seedRunID = "1658821493"

// seeds is Octo-Org/Hello-World on GitHub: a repository with testdata/seeds, the
// two workflows of GitHub's documentation with this action in place of their
// steps.
type seeds struct {
	github  *testenv.GitHub
	name    string // Octo-Org/Hello-World
	repo    string // a checkout
	sha     string // its commit
	program string // default the test binary's own
}

// seedRun is a run of one of the workflows, and what must come of it.
type seedRun struct {
	title     string
	workflow  string // file in testdata/seeds/.github/workflows
	event     string
	payload   string // file in internal/facts/testdata/events
	ref       string // of a push; otherwise of the payload
	publishes string // a tag; nothing otherwise
	reason    string // why nothing is published
	label     string // besides those of every image
}

func (run seedRun) login() (actor, token string) {
	if run.reason == "fork" {
		return "stranger", forkRunToken
	}
	return user, ownRunToken
}

func (s *seeds) runs() []seedRun {
	const demo, label = "ghcr.io/octo-org/ghtoken_product_demo", "runnumber=" + seedRunID
	push := func(title, workflow, payload, ref, publishes, label string) seedRun {
		return seedRun{title: title, workflow: workflow, event: "push", payload: payload, ref: ref, publishes: publishes, label: label}
	}
	return []seedRun{
		// While nothing is there yet.
		{title: "pull request", workflow: "demo-push.yml", event: "pull_request", payload: "pull_request.json", ref: "refs/pull/12/merge", reason: "pull request", label: label},
		{title: "fork", workflow: "demo-push.yml", event: "pull_request", payload: "pull_request_fork.json", ref: "refs/pull/13/merge", reason: "fork", label: label},
		push("main", "demo-push.yml", "push_branch.json", "refs/heads/main", demo+":latest", label),
		push("seed", "demo-push.yml", "push_branch.json", "refs/heads/seed", demo+":seed", label),
		push("version", "demo-push.yml", "push_tag.json", "refs/tags/v1.2.3", demo+":1.2.3", label),
		push("release", "release.yml", "push_branch.json", "refs/heads/release", "ghcr.io/octo-org/hello-world:"+s.sha, ""),
		push("older registry", "older-release.yml", "push_branch.json", "refs/heads/release", "docker.pkg.github.com/octo-org/hello-world/octo-image:"+s.sha, ""),
	}
}

// newSeeds makes a GitHub of an authority, or of one of its own.
func newSeeds(t *testing.T, ca *testenv.CA) *seeds {
	t.Helper()
	s := &seeds{name: "Octo-Org/Hello-World", repo: t.TempDir()}
	if err := os.CopyFS(s.repo, os.DirFS("testdata/seeds")); err != nil {
		t.Fatal(err)
	}
	s.sha = commit(t, s.repo, s.name)
	s.github = testenv.NewGitHub(t, testenv.GitHubOptions{
		CA:           ca,
		Grants:       runGrants(),
		Repositories: []testenv.Repository{s.repository()},
		Born:         testenv.Package{Repository: s.name, Visibility: "public"},
	})
	testenv.BaseImage(t, "ghcr.io/octo-org", s.reach(t)...)
	return s
}

// runGrants are what the tokens of runs may do.
func runGrants() []testenv.Grant {
	return []testenv.Grant{
		{User: user, Password: ownRunToken, Repository: "*", Actions: []string{"pull", "push"}},
		{User: "stranger", Password: forkRunToken, Repository: "*", Actions: []string{"pull"}},
	}
}

// repository is what GitHub's API knows.
func (s *seeds) repository() testenv.Repository {
	commit := testenv.Commit{SHA: s.sha, Time: time.Date(2026, time.March, 4, 4, 6, 7, 0, time.UTC)}
	return testenv.Repository{FullName: s.name, Commits: []testenv.Commit{commit}}
}

// reach is how this process reaches the registries.
func (s *seeds) reach(t *testing.T) []remote.Option {
	t.Helper()
	return []remote.Option{
		remote.WithAuth(&authn.Basic{Username: user, Password: ownRunToken}),
		remote.WithTransport(s.github.Transport(t)),
	}
}

// payload writes the event's, as GitHub would send it for this commit.
func (s *seeds) payload(t *testing.T, run seedRun) string {
	t.Helper()
	recorded, err := os.ReadFile(filepath.Join("internal/facts/testdata/events", run.payload))
	if err != nil {
		t.Fatal(err)
	}
	recorded = bytes.ReplaceAll(recorded, []byte("Octo-Org/Hello-World"), []byte(s.name))
	var event map[string]any
	if err := json.Unmarshal(recorded, &event); err != nil {
		t.Fatal(err)
	}
	if run.event == "push" {
		event["ref"], event["after"] = run.ref, s.sha
	}
	if recorded, err = json.Marshal(event); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "event.json")
	mustWrite(t, file, recorded)
	return file
}

// mustRun runs everything, one after the other, and looks at the registries. do
// returns the output json, as a later step has it.
func (s *seeds) mustRun(t *testing.T, do func(*testing.T, seedRun) string) {
	t.Helper()
	var want []string
	for _, run := range s.runs() {
		if run.publishes != "" {
			want = append(want, run.publishes)
		}
		t.Run(run.title, func(t *testing.T) {
			if !readSeedWorkflow(t, run.workflow).runsFor(run.event, run.ref) {
				t.Errorf("%s does not run for the event %s of %s", run.workflow, run.event, run.ref)
			}
			said := do(t, run)
			var got seedOutputs
			if err := json.Unmarshal([]byte(said), &got); err != nil {
				t.Fatalf("reading the output json: %v\n%s", err, said)
			}
			if run.publishes == "" {
				s.mustHavePublishedNothing(t, run, got)
			} else {
				s.mustHavePublished(t, run, got)
			}
		})
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, s.tags(t)); diff != "" {
		t.Errorf("the registries do not hold what was published (-want, +got):\n%s", diff)
	}
	if refused := s.github.Refused(); len(refused) > 0 {
		t.Errorf("hosts that are not GitHub's were asked for: %q", refused)
	}
}

// TestSeeds runs the workflow files without a runner, and with a BuildKit beside
// the action.
func TestSeeds(t *testing.T) {
	t.Parallel()
	s := newSeeds(t, nil)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: s.github.Env()})
	s.mustRun(t, func(t *testing.T, run seedRun) string {
		t.Helper()
		with := readSeedWorkflow(t, run.workflow).actionStep(t).With
		r, outputs := s.step(t, run, s.expressions(run).inputs(t, with), "BUILDKIT_HOST="+daemon.Address)
		if code := r.cmd.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		return outputs["json"]
	})
}

// expressions are what the contexts of a run have.
func (s *seeds) expressions(run seedRun) expressions {
	actor, token := run.login()
	return expressions{
		"github.actor": actor, "github.token": token, "secrets.GITHUB_TOKEN": token, "github.repository": s.name,
		"github.sha": s.sha, "github.run_id": seedRunID, "github.ref": run.ref, "github.event_name": run.event,
	}
}

// step runs the action to its end, with the environment that a runner gives it,
// and returns its outputs.
func (s *seeds) step(t *testing.T, run seedRun, inputs map[string]string, env ...string) (*running, map[string]string) {
	t.Helper()
	work := t.TempDir()
	file := filepath.Join(work, "outputs")
	mustWrite(t, file, nil)
	actor, _ := run.login()
	r := &running{t: t, cmd: testenv.Command(t, slipway(t, work))}
	if s.program != "" {
		r.cmd.Path = s.program
	}
	r.cmd.Dir = s.repo
	r.cmd.Stdout, r.cmd.Stderr = r, r
	r.cmd.Env = slices.Concat(s.github.Env(), []string{
		"HOME=" + work, "TMPDIR=" + work, "PATH=" + os.Getenv("PATH"), withoutRaceSleep,
		"GITHUB_ACTIONS=true", "GITHUB_API_URL=https://api.github.com", "GITHUB_SERVER_URL=https://github.com",
		"GITHUB_REPOSITORY=" + s.name, "GITHUB_ACTOR=" + actor, "GITHUB_SHA=" + s.sha, "GITHUB_RUN_ID=" + seedRunID,
		"GITHUB_REF=" + run.ref, "GITHUB_EVENT_NAME=" + run.event, "GITHUB_EVENT_PATH=" + s.payload(t, run),
		"GITHUB_WORKSPACE=" + s.repo, "GITHUB_OUTPUT=" + file,
	}, env)
	for input, value := range inputs {
		r.cmd.Env = append(r.cmd.Env, inputVariable(input)+"="+value)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.wait()
	outputs, err := parseOutputs(mustRead(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return r, outputs
}
