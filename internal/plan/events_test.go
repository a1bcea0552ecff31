package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// starts tells who starts runs of an event. What is not here, anybody does.
var starts = map[string][]string{
	"writers": {
		"push", "create", "delete", "release", "schedule", "workflow_dispatch", "repository_dispatch", "merge_group",
		"deployment", "deployment_status", "page_build", "registry_package", "label", "milestone", "pull_request",
	},
	"anybody": {
		"issue_comment", "issues", "discussion", "discussion_comment", "check_run", "check_suite", "status", "workflow_run",
		"fork", "watch", "gollum", "public", "branch_protection_rule", "project", "project_card", "image_version", "workflow_call",
		"pull_request_review", "pull_request_review_comment", "pull_request_comment", "event_of_next_year", "Push", "push ",
	},
}

// Each event with a checkout of the repository's own, of a stranger's commit, and
// with nothing that can be read.
func TestWhoseFilesEachEventBuilds(t *testing.T) {
	t.Parallel()
	trees := map[string]plan.Tree{
		"own":       {Own: true},
		"another's": {Path: "/w/pr", Head: otherSHA, Why: "it is not in the default branch main"},
		"nobody's":  {Path: "/w/pr"},
		"changed":   {Path: "/w/Dockerfile", Why: "/w/Dockerfile is not what the commit has"},
	}
	for who, events := range starts {
		for _, event := range events {
			for whose, tree := range trees {
				for _, push := range []inputs.Push{inputs.PushAuto, inputs.PushTrue, inputs.PushFalse} {
					t.Run(event+" of "+who+" with files that are "+whose+", push "+string(push), func(t *testing.T) {
						t.Parallel()
						f := runOf(event)
						f.Tree = tree
						got, err := plan.New(inputs.Inputs{Push: push}, f)
						if who == "writers" || tree.Own {
							if err != nil || len(got.Notices) > 0 {
								t.Errorf("New = notices %q, %v, want it built", got.Notices, err)
							}
							return
						}
						wantRefusal(t, err, tree.Path, tree.Head, tree.Why, "anybody can cause a run of the event "+event, "with the secrets and the token", "allow-untrusted-head: true")
						if diff := cmp.Diff(plan.Build{}, got.Build); diff != "" {
							t.Errorf("New: a build beside the refusal:\n%s", diff)
						}
						got, err = plan.New(inputs.Inputs{Push: push, AllowUntrustedHead: true}, f)
						if err != nil || len(got.Notices) != 1 || !strings.Contains(got.Notices[0], "allow-untrusted-head is true") {
							t.Errorf("allowed, New = notices %q, %v, want it built with a notice", got.Notices, err)
						}
						if push == inputs.PushAuto && got.Publish.Push || slices.Contains(tagsOf(got), "latest") {
							t.Errorf("allowed, New = push %v of %q, want none by itself, and never latest", got.Publish.Push, tagsOf(got))
						}
					})
				}
			}
		}
	}
}

func tagsOf(p plan.Plan) []string {
	var all []string
	for _, tag := range p.Publish.Tags {
		all = append(all, tag.TagStr())
	}
	return all
}

// Runs of a fork's pull request have no secrets, reviews among them; those of
// pull_request_target have, and so has a run without a pull request.
func TestPullRequestsThatHaveSecrets(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]map[string]bool{
		"pull_request":                {"ours": false, "fork": false, "deleted": false, "none": false},
		"pull_request_review":         {"ours": true, "fork": false, "deleted": false, "none": true},
		"pull_request_review_comment": {"ours": true, "fork": false, "deleted": false, "none": true},
		"pull_request_target":         {"ours": false, "fork": true, "deleted": true, "none": true},
	} {
		for who, anybody := range want {
			f := pullFrom(map[string]string{"ours": "OCTO/hello-world", "fork": "stranger/hello-world"}[who])
			f.Event = event
			if who == "none" {
				f.Pull = plan.Pull{}
			}
			if got := f.Anybody(); got != anybody {
				t.Errorf("%s of %s: Anybody = %v, want %v", event, who, got, anybody)
			}
			if f.Actions = false; f.Anybody() {
				t.Errorf("%s of %s on a laptop is anybody's", event, who)
			}
		}
	}
}

func TestOwnCommits(t *testing.T) {
	t.Parallel()
	const fork, ours = "stranger/hello-world", "octo/HELLO-world"
	nothing := pushOf("refs/heads/main")
	nothing.Commit.SHA = ""
	for title, c := range map[string]struct {
		f    plan.Facts
		want []string
	}{
		"a push":                {pushOf("refs/heads/main"), []string{commitSHA}},
		"our pull request":      {targetFrom(ours, ""), []string{commitSHA, headSHA}},
		"a fork's":              {targetFrom(fork, ""), []string{commitSHA}},
		"a deleted one's":       {targetFrom("", ""), []string{commitSHA}},
		"after our run":         {startedFrom(ours, ""), []string{commitSHA, headSHA}},
		"after a fork's":        {startedFrom(fork, ""), []string{commitSHA}},
		"after a deleted one's": {startedFrom("", ""), []string{commitSHA}},
		"no commit":             {nothing, nil},
	} {
		if diff := cmp.Diff(c.want, c.f.OwnCommits()); diff != "" {
			t.Errorf("%s: OwnCommits, -want +got:\n%s", title, diff)
		}
	}
}

// What a comment on a pull request has built is called after that, by rules too,
// and what it builds of the repository's own is called after the branch.
func TestCommentsOnPullRequests(t *testing.T) {
	t.Parallel()
	f := pushOf("refs/heads/main")
	f.Event, f.Commented, f.Project.DefaultBranch = "issue_comment", 7, "main"
	theirs, plain := f, f
	theirs.Tree = plan.Tree{Path: "/w/pr", Head: headSHA}
	plain.Tree, plain.Commented = theirs.Tree, 0
	f.Tree.Own = true
	written := rules(t, "type=ref,event=branch", "type=ref,event=pr", "type=raw,value=edge,enable={{is_default_branch}}", "type=sha,format=long,prefix=")
	for title, c := range map[string]struct {
		f    plan.Facts
		in   inputs.Inputs
		want string
	}{
		"ours":               {f, inputs.Inputs{}, "latest"},
		"theirs":             {theirs, inputs.Inputs{}, "pr-7"},
		"on no pull request": {plain, inputs.Inputs{}, "untrusted-" + headSHA[:12]},
		"ours, by rules":     {f, inputs.Inputs{Tags: written}, "main edge " + commitSHA},
		"theirs, by rules":   {theirs, inputs.Inputs{Tags: written}, "pr-7 " + headSHA},
	} {
		c.in.AllowUntrustedHead, c.in.Push = true, inputs.PushTrue
		got, err := plan.New(c.in, c.f)
		want := strings.Fields(c.want)
		slices.Sort(want)
		tags := tagsOf(got)
		slices.Sort(tags)
		if diff := cmp.Diff(want, tags); err != nil || diff != "" {
			t.Errorf("%s: New = %v, tags -want +got:\n%s", title, err, diff)
		}
		if revision := got.Build.Labels["org.opencontainers.image.revision"]; c.f.Tree.Own != (revision == commitSHA) || !c.f.Tree.Own && revision != headSHA {
			t.Errorf("%s: revision %q", title, revision)
		}
	}
}
