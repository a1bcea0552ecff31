package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

const otherSHA = "fedcba9876543210fedcba9876543210fedcba98"

// targetFrom is a run of pull_request_target for pull request 12 from a
// repository, with a commit checked out in pr.
func targetFrom(repository, head string) plan.Facts {
	f := pullFrom(repository)
	f.Event, f.Ref = "pull_request_target", "refs/heads/main"
	f.Tree = plan.Tree{Path: "/w/pr", Head: head}
	return f
}

// startedFrom is a run that a run for a commit of a repository has started, with
// a commit checked out in pr.
func startedFrom(repository, head string) plan.Facts {
	f := pushOf("refs/heads/main")
	f.Event = "workflow_run"
	f.Upstream = plan.Upstream{Event: "pull_request", HeadRepository: repository, HeadSHA: headSHA}
	f.Tree = plan.Tree{Path: "/w/pr", Head: head}
	return f
}

func TestStrangersFilesAreRefused(t *testing.T) {
	t.Parallel()
	const stranger = "stranger/hello-world"
	nothing := startedFrom("", "")
	nothing.Upstream, nothing.Tree, nothing.Commit.SHA = plan.Upstream{}, plan.Tree{}, ""
	cases := map[string]struct {
		f    plan.Facts
		says []string
	}{
		"a pull request's head":       {targetFrom(stranger, headSHA), []string{"around /w/pr is at " + headSHA + ", which is the head of " + stranger, "pull request 12 comes from " + stranger}},
		"a merge commit":              {targetFrom(stranger, otherSHA), []string{"around /w/pr is at " + otherSHA + ", which is not the commit of this run, " + commitSHA, stranger}},
		"no checkout":                 {targetFrom(stranger, ""), []string{"nothing tells whose files are built", "around /w/pr", stranger}},
		"a deleted fork's":            {targetFrom("", headSHA), []string{"pull request 12 comes from a repository that was deleted"}},
		"a started run's head":        {startedFrom(stranger, headSHA), []string{"which is the head of " + stranger, "the run of the event pull_request that started this one comes from " + stranger}},
		"another commit":              {startedFrom(stranger, otherSHA), []string{"is not the commit of this run", stranger}},
		"no checkout in one":          {startedFrom(stranger, ""), []string{"nothing tells whose files are built", stranger}},
		"a deleted one's":             {startedFrom("", headSHA), []string{"a repository that was deleted"}},
		"one that nothing is said of": {nothing, []string{"nothing tells whose files are built", "around the context", "(unknown)"}},
	}
	for title, c := range cases {
		for _, push := range []inputs.Push{inputs.PushAuto, inputs.PushTrue, inputs.PushFalse} {
			t.Run(title+" with push "+string(push), func(t *testing.T) {
				t.Parallel()
				got, err := plan.New(inputs.Inputs{Push: push}, c.f)
				wantRefusal(t, err, append(c.says, "with the secrets and the token", "`on: pull_request`", "allow-untrusted-head: true")...)
				if diff := cmp.Diff(plan.Build{}, got.Build); diff != "" {
					t.Errorf("New: a build beside the refusal:\n%s", diff)
				}
			})
		}
	}
}

// Who may write to the repository may build what they like, and a run without
// the repository's secrets what anybody likes.
func TestFilesThatMayBeBuilt(t *testing.T) {
	t.Parallel()
	own, started := targetFrom("stranger/hello-world", ""), startedFrom("stranger/hello-world", "")
	own.Tree, started.Tree = plan.Tree{Own: true}, plan.Tree{Own: true}
	fork := pullFrom("stranger/hello-world")
	fork.Tree = plan.Tree{Path: "/w/pr", Head: headSHA}
	laptop := startedFrom("", "")
	laptop.Actions = false
	for title, f := range map[string]plan.Facts{
		"the run's own commit":              own,
		"the run's own commit, started":     started,
		"a pull request of the repository":  targetFrom("octo/Hello-World", headSHA),
		"a fork's pull request":             fork,
		"a person who imagines such a run":  laptop,
		"a push with nothing to be read of": pushOf("refs/heads/main"),
	} {
		for _, allow := range []bool{false, true} {
			got, err := plan.New(inputs.Inputs{AllowUntrustedHead: allow}, f)
			if err != nil || len(got.Notices) > 0 || strings.Contains(got.Build.Key, "untrusted") {
				t.Errorf("%s, allowed %v: New = key %q, notices %q, %v, want it built as any other", title, allow, got.Build.Key, got.Notices, err)
			}
		}
	}
}

// With a maintainer's word a stranger's files are built, and kept apart.
func TestAllowedStrangersFiles(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{AllowUntrustedHead: true, CacheTo: []inputs.Cache{
		{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "ghcr.io/octo/hello-world:cache"}},
		{Type: inputs.CacheLocal, Attrs: attrs{"dest": "/w/cache"}},
		{Type: inputs.CacheInline, Attrs: attrs{}},
	}}
	pull, trusted := pullFrom("stranger/hello-world"), startedFrom("octo/hello-world", headSHA)
	cases := map[string]struct {
		f         plan.Facts
		other     plan.Facts // a run that must not share files with it
		tag       string
		revision  string
		noticed   string
		published string // with push: auto
	}{
		"pull_request_target": {targetFrom("stranger/hello-world", headSHA), pull, "pr-12", headSHA, "the head of stranger/hello-world", "pull requests are built and not published"},
		"a merge commit":      {targetFrom("stranger/hello-world", otherSHA), pull, "pr-12", otherSHA, "not the commit of this run", "pull requests are built and not published"},
		"workflow_run":        {startedFrom("stranger/hello-world", headSHA), trusted, "untrusted-" + headSHA[:12], headSHA, "the head of stranger/hello-world", "those of stranger/hello-world"},
		"no checkout":         {startedFrom("stranger/hello-world", ""), trusted, "untrusted", "", "nothing tells whose files", "those of stranger/hello-world"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(in, c.f)
			if err != nil {
				t.Fatal(err)
			}
			if got.Publish.Push || !strings.Contains(got.Publish.Reason, c.published) || len(got.Build.PushTo) > 0 {
				t.Errorf("push %v, reason %q, want none because %q", got.Publish.Push, got.Publish.Reason, c.published)
			}
			if got.Publish.Version != c.tag || got.Build.Labels["org.opencontainers.image.revision"] != c.revision {
				t.Errorf("tag %q of revision %q, want %q of %q", got.Publish.Version, got.Build.Labels["org.opencontainers.image.revision"], c.tag, c.revision)
			}
			if len(got.Notices) != 1 || !strings.Contains(got.Notices[0], c.noticed) || !strings.Contains(got.Notices[0], "allow-untrusted-head is true") {
				t.Errorf("notices %q, want one that says %q", got.Notices, c.noticed)
			}
			if diff := cmp.Diff(in.CacheTo[1:], got.Build.CacheTo); diff != "" || !slices.ContainsFunc(got.Remarks, func(r string) bool { return strings.Contains(r, "No cache of type registry is exported") }) {
				t.Errorf("remarks %q, cache is exported to, -want +got:\n%s", got.Remarks, diff)
			}
			if other, err := plan.New(in, c.other); err != nil || other.Build.Key == got.Build.Key {
				t.Errorf("the files are kept as %q, %v, as those of a run of %s", got.Build.Key, err, c.other.Event)
			}
			asked := in
			asked.Push = inputs.PushTrue
			if got, err := plan.New(asked, c.f); err != nil || !got.Publish.Push || got.Publish.Version != c.tag {
				t.Errorf("with push: true New = push %v, version %q, %v, want it published as %s", got.Publish.Push, got.Publish.Version, err, c.tag)
			}
		})
	}
}
