package facts

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
)

const (
	headSHA  = "59b20b8d5c6ff8d09518216e87bc1e1a3c1d6f3e"
	pullSHA  = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
	mergeSHA = "7c1f3e5d4b2a190876543210fedcba9876543210"
)

// newSource is a step of GitHub Actions in a directory that is no checkout, with
// an API that nobody answers. An empty value unsets a variable.
func newSource(t *testing.T, changes map[string]string) Source {
	t.Helper()
	vars := map[string]string{
		"GITHUB_ACTIONS":    "true",
		"GITHUB_ACTOR":      "mona",
		"GITHUB_API_URL":    "http://127.0.0.1:1",
		"GITHUB_EVENT_NAME": "push",
		"GITHUB_EVENT_PATH": filepath.Join("testdata", "events", "push_branch.json"),
		"GITHUB_REF":        "refs/heads/main",
		"GITHUB_REPOSITORY": "Octo-Org/Hello-World",
		"GITHUB_RUN_ID":     "4711",
		"GITHUB_SERVER_URL": "https://github.com",
		"GITHUB_SHA":        headSHA,
	}
	maps.Copy(vars, changes)
	return Source{
		Lookup: func(name string) (string, bool) { value := vars[name]; return value, value != "" },
		Dir:    t.TempDir(),
	}
}

func TestLoadReadsEveryEvent(t *testing.T) {
	t.Parallel()
	pushed := time.Date(2026, time.March, 29, 12, 6, 31, 0, time.UTC)
	cases := []struct {
		name  string
		event string // also the file, unless file is set
		file  string
		vars  map[string]string
		want  plan.Facts // what differs from a push to main
	}{
		{
			name: "push to a branch", event: "push", file: "push_branch",
			want: plan.Facts{Commit: plan.Commit{SHA: headSHA, Time: pushed}},
		},
		{
			name: "push of a tag", event: "push", file: "push_tag",
			vars: map[string]string{"GITHUB_REF": "refs/tags/v1.2.3"},
			want: plan.Facts{Ref: "refs/tags/v1.2.3", BaseRef: "refs/heads/main", Commit: plan.Commit{SHA: headSHA, Time: pushed}},
		},
		{name: "deleted branch", event: "push", file: "push_deleted", want: plan.Facts{Commit: plan.Commit{SHA: headSHA}}},
		{
			name: "pull request", event: "pull_request",
			vars: map[string]string{"GITHUB_REF": "refs/pull/12/merge", "GITHUB_SHA": mergeSHA},
			want: plan.Facts{
				Ref: "refs/pull/12/merge", Commit: plan.Commit{SHA: mergeSHA},
				Pull: plan.Pull{Number: 12, HeadRepository: "Octo-Org/Hello-World", HeadSHA: pullSHA},
			},
		},
		{
			name: "pull request of a fork", event: "pull_request", file: "pull_request_fork",
			vars: map[string]string{"GITHUB_REF": "refs/pull/13/merge", "GITHUB_SHA": mergeSHA, "GITHUB_ACTOR": "stranger"},
			want: plan.Facts{
				Ref: "refs/pull/13/merge", Actor: "stranger", Commit: plan.Commit{SHA: mergeSHA},
				Pull: plan.Pull{Number: 13, HeadRepository: "stranger/Hello-World", HeadSHA: pullSHA},
			},
		},
		{
			name: "pull request of a fork that was deleted", event: "pull_request", file: "pull_request_deleted_fork",
			vars: map[string]string{"GITHUB_REF": "refs/pull/13/merge", "GITHUB_SHA": mergeSHA},
			want: plan.Facts{
				Ref: "refs/pull/13/merge", Commit: plan.Commit{SHA: mergeSHA},
				Pull: plan.Pull{Number: 13, HeadSHA: pullSHA},
			},
		},
		{
			name: "pull request target", event: "pull_request_target",
			want: plan.Facts{
				Commit: plan.Commit{SHA: headSHA},
				Pull:   plan.Pull{Number: 14, HeadRepository: "stranger/Hello-World", HeadSHA: pullSHA},
			},
		},
		{
			name: "pull request of Dependabot", event: "pull_request", file: "dependabot",
			vars: map[string]string{"GITHUB_REF": "refs/pull/15/merge", "GITHUB_SHA": mergeSHA, "GITHUB_ACTOR": "dependabot[bot]"},
			want: plan.Facts{
				Ref: "refs/pull/15/merge", Actor: "dependabot[bot]", Commit: plan.Commit{SHA: mergeSHA},
				Pull: plan.Pull{Number: 15, HeadRepository: "Octo-Org/Hello-World", HeadSHA: pullSHA},
			},
		},
		{
			name: "pull request of Dependabot, tried again by somebody", event: "pull_request", file: "dependabot",
			vars: map[string]string{"GITHUB_REF": "refs/pull/15/merge", "GITHUB_SHA": mergeSHA, "GITHUB_TRIGGERING_ACTOR": "hubot"},
			want: plan.Facts{
				Ref: "refs/pull/15/merge", Attempter: "hubot", Commit: plan.Commit{SHA: mergeSHA},
				Pull: plan.Pull{Number: 15, HeadRepository: "Octo-Org/Hello-World", HeadSHA: pullSHA},
			},
		},
		{
			name: "after a run", event: "workflow_run",
			want: plan.Facts{Commit: plan.Commit{SHA: headSHA}, Upstream: plan.Upstream{Event: "push", HeadRepository: "Octo-Org/Hello-World", HeadSHA: headSHA, HeadBranch: "main"}},
		},
		{
			name: "after a run of a fork", event: "workflow_run", file: "workflow_run_fork",
			want: plan.Facts{Commit: plan.Commit{SHA: headSHA}, Upstream: plan.Upstream{Event: "pull_request", HeadRepository: "stranger/Hello-World", HeadSHA: pullSHA, HeadBranch: "main"}},
		},
		{
			name: "after a run of a fork that was deleted", event: "workflow_run", file: "workflow_run_deleted_fork",
			want: plan.Facts{Commit: plan.Commit{SHA: headSHA}, Upstream: plan.Upstream{Event: "pull_request", HeadSHA: pullSHA, HeadBranch: "main"}},
		},
		{
			name: "release", event: "release", vars: map[string]string{"GITHUB_REF": "refs/tags/v1.2.3"},
			want: plan.Facts{Ref: "refs/tags/v1.2.3", Commit: plan.Commit{SHA: headSHA}},
		},
		{name: "by hand", event: "workflow_dispatch", want: plan.Facts{Commit: plan.Commit{SHA: headSHA}}},
		{name: "by the clock", event: "schedule", want: plan.Facts{Schedule: "0 4 * * 1", Commit: plan.Commit{SHA: headSHA}}},
		{
			name: "merge queue", event: "merge_group",
			vars: map[string]string{"GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-12-6113728f27ae82c7b1a177c8d03f9e96e0adf246"},
			want: plan.Facts{
				Ref:    "refs/heads/gh-readonly-queue/main/pr-12-6113728f27ae82c7b1a177c8d03f9e96e0adf246",
				Commit: plan.Commit{SHA: headSHA},
			},
		},
		{
			name: "hostile words", event: "pull_request", file: "hostile",
			vars: map[string]string{"GITHUB_REF": "refs/pull/16/merge", "GITHUB_SHA": mergeSHA},
			want: plan.Facts{
				Ref: "refs/pull/16/merge", Commit: plan.Commit{SHA: mergeSHA},
				Pull: plan.Pull{
					Number: 16, HeadSHA: "\n::error::hi",
					HeadRepository: "stranger/x\r\n::set-output name=digest::evil\x00\u2028 ##[add-mask]a <script>",
				},
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := c.file
			if file == "" {
				file = c.event
			}
			vars := map[string]string{
				"GITHUB_EVENT_NAME": c.event,
				"GITHUB_EVENT_PATH": filepath.Join("testdata", "events", file+".json"),
			}
			maps.Copy(vars, c.vars)
			want := c.want
			want.Actions, want.Event = true, c.event
			want.Repository, want.ServerURL = "Octo-Org/Hello-World", "https://github.com"
			want.Run = "https://github.com/Octo-Org/Hello-World/actions/runs/4711/attempts/1"
			if want.Ref == "" {
				want.Ref = "refs/heads/main"
			}
			if want.Actor == "" {
				want.Actor = "mona"
			}
			if strings.HasPrefix(file, "pull_request") || file == "dependabot" {
				want.BaseRef = "main"
			}
			if file != "hostile" {
				want.Project = plan.Project{DefaultBranch: "main", Description: "Says hello to the world", License: "MIT"}
			}
			if file == "push_branch" {
				want.Project.Visibility = packages.Public
			}
			got, err := Load(t.Context(), newSource(t, vars))
			if err != nil {
				t.Fatalf("Load(%s) = %v", c.event, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Load(%s) (-want +got):\n%s", c.event, diff)
			}
		})
	}
}

// The URL of a run names its attempt, and the server that it is on.
func TestRun(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		vars map[string]string
		want string
	}{
		"a second attempt":     {map[string]string{"GITHUB_RUN_ATTEMPT": "2"}, "https://github.com/Octo-Org/Hello-World/actions/runs/4711/attempts/2"},
		"an Enterprise server": {map[string]string{"GITHUB_SERVER_URL": "https://git.example.com/"}, "https://git.example.com/Octo-Org/Hello-World/actions/runs/4711/attempts/1"},
		"nobody knows":         {map[string]string{"GITHUB_RUN_ID": ""}, ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f, err := Load(t.Context(), newSource(t, c.vars))
			if err != nil || f.Run != c.want {
				t.Errorf("Run = %q, %v, want %q", f.Run, err, c.want)
			}
		})
	}
}

// A run of pull_request_target without a pull request is nobody's that is known.
func TestTargetWithoutPullRequest(t *testing.T) {
	t.Parallel()
	for _, event := range []string{
		`{}`, `null`, `{"pull_request": null}`, `{"pull_request": {}}`, `{"pull_request": {"number": 0}}`, `{"pull_request": {"number": -1}}`,
		`{"pull_request": {"head": {"repo": {"full_name": "Octo-Org/Hello-World"}}}}`,
	} {
		path := filepath.Join(t.TempDir(), "event.json")
		write(t, path, event)
		vars := map[string]string{"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_EVENT_PATH": path}
		if f, err := Load(t.Context(), newSource(t, vars)); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "has no pull request") {
			t.Errorf("%s: Load = %+v, %v, want an error that names the event file", event, f, err)
		}
		vars["GITHUB_EVENT_NAME"] = "workflow_dispatch"
		if _, err := Load(t.Context(), newSource(t, vars)); err != nil {
			t.Errorf("%s: Load of another event = %v", event, err)
		}
	}
}

// Only a comment on a pull request is for one.
func TestCommentedPullRequest(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]int{
		`{"issue": {"number": 7, "pull_request": {"url": "https://api.github.com/x"}}}`: 7,
		`{"issue": {"number": 7}}`:                       0,
		`{"issue": {"number": 7, "pull_request": null}}`: 0,
		`{"issue": null}`:                                0,
		`{}`:                                             0,
	} {
		path := filepath.Join(t.TempDir(), "event.json")
		write(t, path, event)
		f, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_EVENT_NAME": "issue_comment", "GITHUB_EVENT_PATH": path}))
		if err != nil || f.Commented != want || f.Pull.Number != 0 {
			t.Errorf("%s: Load: commented %d, %v, want %d", event, f.Commented, err, want)
		}
	}
}
