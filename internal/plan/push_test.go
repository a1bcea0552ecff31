package plan_test

import (
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// outcome is what a run does.
type outcome string

const (
	publishes outcome = "publishes"
	builds    outcome = "builds only"
	refuses   outcome = "refuses"
)

// outcomes are those of push: auto and push: true. push: false always builds.
type outcomes struct{ auto, yes outcome }

func TestPush(t *testing.T) {
	t.Parallel()
	const own, fork, deleted, dependabot, again = "the repository", "a fork", "a deleted fork", "Dependabot", "Dependabot, again"
	always := outcomes{publishes, publishes}
	asked := outcomes{builds, publishes}
	never := outcomes{builds, refuses}
	cases := map[string]map[string]outcomes{
		"push":                {own: always, dependabot: never, again: never},
		"create":              {own: always, dependabot: never, again: never},
		"delete":              {own: asked, dependabot: asked},
		"deployment":          {own: asked, dependabot: never, again: never},
		"deployment_status":   {own: asked, dependabot: never, again: never},
		"release":             {own: always, dependabot: always},
		"workflow_dispatch":   {own: always, dependabot: always},
		"schedule":            {own: always, dependabot: always},
		"repository_dispatch": {own: always, dependabot: always},
		"workflow_run":        {own: always, fork: always, deleted: always, dependabot: always},
		"pull_request":        {own: asked, fork: never, deleted: never, dependabot: never, again: never},
		"pull_request_review": {own: asked, fork: never, deleted: never, dependabot: never, again: never},
		"pull_request_target": {own: asked, fork: asked, deleted: asked, dependabot: asked},
		"merge_group":         {own: asked, dependabot: asked},

		"pull_request_review_comment": {own: asked, fork: never, deleted: never, dependabot: never, again: never},

		"issue_comment": {own: asked, fork: asked, dependabot: asked},
		"":              {own: always},
	}
	for event, row := range cases {
		for who, want := range row {
			f := runOf(event)
			switch who {
			case fork:
				f.Pull.HeadRepository, f.Upstream.HeadRepository = "stranger/hello-world", "stranger/hello-world"
			case deleted:
				f.Pull.HeadRepository, f.Upstream.HeadRepository = "", ""
			case again:
				f.Attempter = "dependabot[bot]"
			case dependabot:
				f.Actor = "dependabot[bot]"
			}
			for push, want := range map[inputs.Push]outcome{
				inputs.PushAuto: want.auto, inputs.PushTrue: want.yes, inputs.PushFalse: builds,
			} {
				t.Run(event+" of "+who+" with push "+string(push), func(t *testing.T) {
					t.Parallel()
					got, err := plan.New(inputs.Inputs{Push: push}, f)
					checkOutcome(t, want, got, err)
				})
			}
		}
	}
}

// runOf is a run of an event in the repository itself, with its own commit
// checked out.
func runOf(event string) plan.Facts {
	f := pushOf("refs/heads/main")
	if strings.HasPrefix(event, "pull_request") || event == "issue_comment" {
		f = pullFrom("octo/hello-world")
	}
	f.Event = event
	f.Actions = event != ""
	f.Tree.Own = true
	if event == "workflow_run" {
		f.Upstream = plan.Upstream{Event: "push", HeadRepository: "octo/hello-world", HeadSHA: headSHA}
	}
	return f
}

// checkOutcome holds the three to each other: a run publishes, or says why not
// and has nowhere to push to, or refuses.
func checkOutcome(t *testing.T, want outcome, got plan.Plan, err error) {
	t.Helper()
	if want == refuses {
		wantRefusal(t, err, "the input push is true, but", "leave push out")
		return
	}
	if err != nil {
		t.Fatalf("New = %v, want a run that %s", err, want)
	}
	publish := want == publishes
	if got.Publish.Push != publish || (got.Publish.Reason == "") != publish || (len(got.Build.PushTo) > 0) != publish {
		t.Errorf("New = push %v to %v, reason %q, want a run that %s", got.Publish.Push, got.Build.PushTo, got.Publish.Reason, want)
	}
	if len(got.Publish.Tags) == 0 || got.Publish.Version == "" {
		t.Errorf("New = tags %v, version %q, want them known also where nothing is published", got.Publish.Tags, got.Publish.Version)
	}
}

// Who does not see an image published finds out why.
func TestReasonForNotPublishing(t *testing.T) {
	t.Parallel()
	dependabot := pushOf("refs/heads/dependabot/npm/x")
	dependabot.Actor = "dependabot[bot]"
	target := pullFrom("stranger/hello-world")
	target.Event, target.Tree.Own = "pull_request_target", true
	mergeGroup := pushOf("refs/heads/gh-readonly-queue/main/pr-12")
	mergeGroup.Event = "merge_group"
	comment := pushOf("refs/heads/main")
	comment.Event, comment.Tree.Own = "issue_comment", true
	unknown := pullFrom("")
	unknown.Pull = plan.Pull{}
	cases := map[string]struct {
		push inputs.Push
		f    plan.Facts
		want string
	}{
		"push is false":             {inputs.PushFalse, pushOf("refs/heads/main"), "the input push is false"},
		"push is false for a fork":  {inputs.PushFalse, pullFrom("stranger/hello-world"), "the input push is false"},
		"a pull request":            {inputs.PushAuto, pullFrom("Octo/Hello-World"), "pull requests are built and not published"},
		"one in another case":       {inputs.PushAuto, pullFrom("octo/HELLO-world"), "pull requests are built and not published"},
		"a fork's pull request":     {inputs.PushAuto, pullFrom("stranger/hello-world"), "this pull request comes from the fork stranger/hello-world, and GitHub gives such runs a token that cannot write packages"},
		"one that nobody described": {inputs.PushAuto, unknown, "pull requests are built and not published"},
		"a deleted fork's":          {inputs.PushAuto, pullFrom(""), "the fork (deleted)"},
		"pull_request_target":       {inputs.PushAuto, target, "pull requests are built and not published"},
		"Dependabot":                {inputs.PushAuto, dependabot, "Dependabot triggered this run, and GitHub gives such runs a token that cannot write packages"},
		"a merge group":             {inputs.PushAuto, mergeGroup, "merge groups are built and not published"},
		"an event of another kind":  {inputs.PushAuto, comment, "runs for the event issue_comment do not publish unless the input push is true"},
		"a zero value means auto":   {"", pullFrom("Octo/Hello-World"), "pull requests are built and not published"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(inputs.Inputs{Push: c.push}, c.f)
			if err != nil || !strings.Contains(got.Publish.Reason, c.want) {
				t.Errorf("New(push: %s, %s) = reason %q, %v, want %q", c.push, c.f.Event, got.Publish.Reason, err, c.want)
			}
		})
	}
}
