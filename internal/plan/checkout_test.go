package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// checkoutCase is a run with something checked out, and what it is called.
type checkoutCase struct {
	f        plan.Facts
	tag      string // without the input tags
	revision string // label; also {{sha}} and type=sha
	notice   string // what the one notice says; empty: there is none
}

// holding has a commit checked out that was made an hour after the run's own.
func holding(f plan.Facts, sha string, change ...func(*plan.Checkout)) plan.Facts {
	f.Tree = plan.Tree{Path: "/w", Head: sha, Own: true}
	f.Checkout = plan.Checkout{Commit: plan.Commit{SHA: sha, Time: f.Commit.Time.Add(time.Hour)}}
	for _, c := range change {
		c(&f.Checkout)
	}
	return f
}

// theirs has nobody say that the files are the repository's own.
func theirs(f plan.Facts) plan.Facts {
	f.Tree.Own = false
	return f
}

func merged(c *plan.Checkout) { c.Merge = true }

// after is a run that a run for headSHA on a branch has started.
func after(repository, branch string) plan.Facts {
	f := startedFrom(repository, "")
	f.Upstream.Event, f.Upstream.HeadBranch = "push", branch
	return f
}

// What is named is the commit that is checked out, and the ref stays the run's.
func TestCheckout(t *testing.T) {
	t.Parallel()
	const ours = "octo/hello-world" // in other letters than the run has it
	scheduled, unknown := pushOf("refs/heads/main"), pushOf("refs/heads/main")
	scheduled.Event = "schedule"
	unknown.Commit.SHA = ""
	stranger := after("stranger/hello-world", "main")
	cases := map[string]checkoutCase{
		"nothing is known of it":          {pushOf("refs/heads/main"), "latest", commitSHA, ""},
		"the run's own":                   {holding(pushOf("refs/heads/main"), commitSHA), "latest", commitSHA, ""},
		"another":                         {holding(pushOf("refs/heads/main"), otherSHA), "latest", otherSHA, "refs/heads/main"},
		"another for a git tag":           {holding(pushOf("refs/tags/v1.2.3"), otherSHA), "1.2.3", otherSHA, "refs/tags/v1.2.3"},
		"a scheduled one of a tag":        {holding(scheduled, otherSHA), "latest", otherSHA, "refs/heads/main"},
		"nobody said what the run's is":   {holding(unknown, otherSHA), "latest", otherSHA, ""},
		"a pull request's merge":          {holding(pullFrom(ours), commitSHA, merged), "pr-12", headSHA, ""},
		"a later merge":                   {holding(pullFrom(ours), otherSHA, merged), "pr-12", headSHA, ""},
		"its head":                        {holding(pullFrom(ours), headSHA), "pr-12", headSHA, ""},
		"neither":                         {holding(pullFrom(ours), otherSHA), "pr-12", otherSHA, "refs/pull/12/merge"},
		"a target's base":                 {holding(targetFrom(ours, ""), commitSHA), "pr-12", commitSHA, ""},
		"a target's head":                 {holding(targetFrom(ours, ""), headSHA), "pr-12", headSHA, ""},
		"a target's merge":                {holding(targetFrom(ours, ""), otherSHA, merged), "pr-12", headSHA, ""},
		"after a run, the run's own":      {holding(after(ours, "feature/x"), commitSHA), "latest", commitSHA, ""},
		"after a run, its commit":         {holding(after(ours, "feature/x"), headSHA), "feature-x", headSHA, "refs/heads/feature/x, the branch of the run that started this one"},
		"after a run, its branch, moved":  {holding(after(ours, "feature/x"), otherSHA, func(c *plan.Checkout) { c.Branch = "feature/x" }), "feature-x", otherSHA, "refs/heads/feature/x, the branch"},
		"after a run of the same branch":  {holding(after(ours, "main"), headSHA), "latest", headSHA, "refs/heads/main"},
		"after a run, something else":     {holding(after(ours, "feature/x"), otherSHA), "latest", otherSHA, "refs/heads/main"},
		"after a run whose branch nobody": {holding(after(ours, ""), headSHA), "latest", headSHA, "refs/heads/main"},
		"after a stranger's, its commit":  {theirs(holding(stranger, headSHA)), "untrusted-" + headSHA[:12], headSHA, "allow-untrusted-head is true"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

func (c checkoutCase) check(t *testing.T) {
	t.Helper()
	c.f.Project.DefaultBranch = "main"
	in := inputs.Inputs{AllowUntrustedHead: true, Reproducible: true}
	p, err := plan.New(in, c.f)
	if err != nil {
		t.Fatal(err)
	}
	when := c.f.Commit.Time
	if c.f.Checkout.SHA != "" {
		when = c.f.Checkout.Time
	}
	if got := p.Build.Labels["org.opencontainers.image.revision"]; got != c.revision || p.Publish.Version != c.tag {
		t.Errorf("the tag is %s and the revision %s, want %s and %s", p.Publish.Version, got, c.tag, c.revision)
	}
	if got := p.Build.Labels["org.opencontainers.image.created"]; got != when.Format(time.RFC3339) || !p.Build.Epoch.Equal(when) || !p.Build.FileTime.Equal(when) {
		t.Errorf("created %s, epoch %v, file times %v, want %v", got, p.Build.Epoch, p.Build.FileTime, when)
	}
	if len(p.Notices) > 1 || strings.Join(p.Notices, "") == "" != (c.notice == "") || !strings.Contains(strings.Join(p.Notices, ""), c.notice) {
		t.Errorf("notices %q, want one that says %q", p.Notices, c.notice)
	}
	in.Tags = rules(t, "type=sha", "b-{{branch}}-{{sha}}-{{commit_date 'HH'}}", "type=raw,value=latest,enable={{is_default_branch}}")
	p, err = plan.New(in, c.f)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(names(p.Publish.Tags), " ")
	if !strings.Contains(all, ":sha-"+c.revision[:7]) || !strings.Contains(all, "-"+c.revision[:7]+"-"+when.Format("15")) {
		t.Errorf("the tags are %q, want them of the commit %s at %v", all, c.revision, when)
	}
	if got := strings.Contains(all, ":latest"); got != (c.tag == "latest") {
		t.Errorf("the tags are %q, want latest only where the rule for the ref makes it", all)
	}
}
