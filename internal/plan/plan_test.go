package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/plan/advice"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

const (
	headSHA   = "0123456789abcdef0123456789abcdef01234567"
	commitSHA = "89abcdef0123456789abcdef0123456789abcdef"
)

// pushOf is a push to a ref of Octo/Hello-World.
func pushOf(ref string) plan.Facts {
	return plan.Facts{
		Actions:    true,
		Event:      "push",
		Ref:        ref,
		Repository: "Octo/Hello-World",
		ServerURL:  "https://github.com",
		Actor:      "octocat",
		Commit:     plan.Commit{SHA: commitSHA, Time: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)},
	}
}

// pullFrom is pull request 12 from a repository.
func pullFrom(repository string) plan.Facts {
	f := pushOf("refs/pull/12/merge")
	f.Event = "pull_request"
	f.Pull = plan.Pull{Number: 12, HeadRepository: repository, HeadSHA: headSHA}
	return f
}

// names are the full names of tags.
func names(tags []name.Tag) []string {
	var all []string
	for _, tag := range tags {
		all = append(all, tag.Name())
	}
	return all
}

func repositories(all []name.Repository) []string {
	var texts []string
	for _, repo := range all {
		texts = append(texts, repo.Name())
	}
	return texts
}

// refusals takes an error apart into the decisions that failed.
func refusals(tb testing.TB, err error) []error {
	tb.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, refusals(tb, one)...)
		}
		return all
	}
	var refusal *advice.Error
	if line := (*metadata.Error)(nil); errors.As(err, &line) {
		return []error{line}
	}
	if !errors.As(err, &refusal) {
		tb.Fatalf("New = %v, want only *plan.Error, and *metadata.Error of a line of tags", err)
	}
	if refusal.Doing == "" || refusal.Reason == "" || refusal.Advice == "" {
		tb.Errorf("New = %q, want what was decided, why not and what to do", err)
	}
	return []error{refusal}
}

// wantRefusal checks that err is one refusal which says all of the texts.
func wantRefusal(tb testing.TB, err error, says ...string) {
	tb.Helper()
	if err == nil {
		tb.Fatalf("New = no error, want one that says %q", says)
	}
	if all := refusals(tb, err); len(all) != 1 {
		tb.Fatalf("New = %v, want one refusal and not %d", err, len(all))
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			tb.Errorf("New = %q, want it to say %q", err, text)
		}
	}
}

// The main job: a push to main with no inputs.
func TestNewForAPushToMain(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{
		Token:      "t0ken",
		Push:       inputs.PushAuto,
		Context:    "/github/workspace/app",
		Dockerfile: "/github/workspace/Dockerfile",
		Target:     "release",
		Platforms:  []v1.Platform{{OS: "linux", Architecture: "arm64"}},
		BuildArgs:  map[string]string{"VERSION": "1"},
		Secrets:    map[string]inputs.Secret{"id": "s3cret"},
		NoCache:    true,
		Pull:       true,
	}
	f := pushOf("refs/heads/main")
	registry, err := name.NewRegistry("ghcr.io")
	if err != nil {
		t.Fatal(err)
	}
	repo := registry.Repo("octo", "hello-world")
	want := plan.Plan{
		Build: plan.Build{
			Context:    in.Context,
			Dockerfile: in.Dockerfile,
			Target:     in.Target,
			Platforms:  in.Platforms,
			Args:       in.BuildArgs,
			Secrets:    in.Secrets,
			Labels: map[string]string{
				"org.opencontainers.image.title":    "Hello-World",
				"org.opencontainers.image.url":      "https://github.com/Octo/Hello-World",
				"org.opencontainers.image.source":   "https://github.com/Octo/Hello-World",
				"org.opencontainers.image.version":  "latest",
				"org.opencontainers.image.revision": commitSHA,
				"org.opencontainers.image.created":  "2024-05-06T07:08:09Z",
			},
			NoCache: true,
			Pull:    true,
			Epoch:   f.Commit.Time,
			Key:     "ghcr.io/octo/hello-world app",
			PushTo:  []name.Repository{repo},
		},
		Publish: plan.Publish{Push: true, Tags: []name.Tag{repo.Tag("latest")}, Version: "latest"},
		Logins:  []plan.Login{{Registry: registry, Username: "octocat", Password: "t0ken"}},
		Watch:   visible.Watch{Images: []name.Repository{repo}},
	}
	got, err := plan.New(in, f)
	if err != nil {
		t.Fatal(err)
	}
	same := cmp.Comparer(func(a, b name.Repository) bool { return a == b })
	sameTag := cmp.Comparer(func(a, b name.Tag) bool { return a.Name() == b.Name() })
	sameRegistry := cmp.Comparer(func(a, b name.Registry) bool { return a == b })
	if diff := cmp.Diff(want, got, same, sameTag, sameRegistry, cmpopts.IgnoreUnexported(plan.Plan{}, plan.Publish{}, visible.Watch{}), cmpopts.IgnoreFields(plan.Publish{}, "Names"), cmpopts.IgnoreFields(plan.Build{}, "Annotations")); diff != "" {
		t.Errorf("New(push to main), -want +got:\n%s", diff)
	}
}

// Whoever has several things to mend learns of all in one run.
func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	fork := pullFrom("stranger/hello-world")
	unknownRef := pushOf("refs/notes/x")
	cases := map[string]struct {
		in   inputs.Inputs
		f    plan.Facts
		want []string // what each of them says
	}{
		"push, image and two tags": {
			in: inputs.Inputs{Push: inputs.PushTrue, Images: []string{"Bad Name"}, Tags: rules(t, "octo/app:1", "a..b/c:1", "a b/c:1")},
			f:  fork,
			want: []string{
				"the input push is true, but this pull request comes from the fork",
				`"a b/c:1" has a blank in it`, `naming the image "Bad Name"`, "every line of tags is a full reference", `reading the tag "octo/app:1"`, `reading the tag "a..b/c:1"`,
			},
		},
		"the ref and two images": {
			in:   inputs.Inputs{Images: []string{"a:1", "ok", "b@c"}},
			f:    unknownRef,
			want: []string{`the ref "refs/notes/x"`, `naming the image "a:1"`, `naming the image "b@c"`},
		},
		"full references that are none, and an image": {
			in:   inputs.Inputs{Images: []string{"name"}, Tags: rules(t, "octo/name:1", "my_host.io/octo/name:1")},
			f:    pushOf("refs/heads/main"),
			want: []string{"every line of tags is a full reference", `"octo/name:1": it names no registry`, `"my_host.io/octo/name:1"`},
		},
		"an image that is none, and no tag for it": {
			in:   inputs.Inputs{Images: []string{"Bad Name"}, Tags: rules(t, "ghcr.io/octo/name:1")},
			f:    pushOf("refs/heads/main"),
			want: []string{`naming the image "Bad Name"`, "every line of tags is a full reference"},
		},
		"the registry, and with it the image": {
			in:   inputs.Inputs{Registry: "not a host"},
			f:    pushOf("refs/heads/main"),
			want: []string{`naming the image "Octo/Hello-World"`, "set the input registry"},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(c.in, c.f)
			if err == nil {
				t.Fatalf("New = %+v, want %d refusals", got, len(c.want))
			}
			all := refusals(t, err)
			if len(all) != len(c.want) {
				t.Fatalf("New = %v, want %d refusals and not %d", err, len(c.want), len(all))
			}
			for i, says := range c.want {
				if !strings.Contains(all[i].Error(), says) {
					t.Errorf("refusal %d = %q, want it to say %q", i, all[i], says)
				}
			}
		})
	}
}
