package plan_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	const prefix = "org.opencontainers.image."
	standard := map[string]string{
		prefix + "title":    "Hello-World",
		prefix + "url":      "https://github.com/Octo/Hello-World",
		prefix + "source":   "https://github.com/Octo/Hello-World",
		prefix + "version":  "latest",
		prefix + "revision": commitSHA,
		prefix + "created":  "2024-05-06T07:08:09Z",
	}
	with := func(changes map[string]string) map[string]string {
		labels := maps.Clone(standard)
		maps.Copy(labels, changes)
		return labels
	}
	elsewhere := pushOf("refs/heads/main")
	elsewhere.Commit.Time = elsewhere.Commit.Time.In(time.FixedZone("", -7*60*60))
	cases := map[string]struct {
		in   inputs.Inputs
		f    plan.Facts
		want map[string]string
	}{
		"of a push": {
			f:    pushOf("refs/heads/main"),
			want: standard,
		},
		"the user's own, such as the seed's runnumber": {
			in:   inputs.Inputs{Labels: labels(t, "runnumber=42")},
			f:    pushOf("refs/heads/main"),
			want: with(map[string]string{"runnumber": "42"}),
		},
		"the user's own win": {
			in:   inputs.Inputs{Labels: labels(t, prefix+"title=Mine", prefix+"revision=")},
			f:    pushOf("refs/heads/main"),
			want: with(map[string]string{prefix + "title": "Mine", prefix + "revision": ""}),
		},
		"the version is the first tag": {
			in:   inputs.Inputs{Tags: rules(t, "1.2.3", "latest")},
			f:    pushOf("refs/heads/main"),
			want: with(map[string]string{prefix + "version": "1.2.3"}),
		},
		"a pull request's revision is its head": {
			f:    pullFrom("Octo/Hello-World"),
			want: with(map[string]string{prefix + "version": "pr-12", prefix + "revision": headSHA}),
		},
		"the time is in UTC": {
			f:    elsewhere,
			want: standard,
		},
		"what nobody knows makes no label": {
			f:    plan.Facts{Repository: "octo/hello"},
			want: map[string]string{prefix + "title": "hello", prefix + "version": "dev"},
		},
		"on a laptop without a remote": {
			in:   inputs.Inputs{Images: []string{"localhost:5000/hello"}},
			f:    plan.Facts{Ref: "refs/heads/main", ServerURL: "https://github.com"},
			want: map[string]string{prefix + "version": "latest"},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(c.in, c.f)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Build.Labels); diff != "" {
				t.Errorf("the labels, -want +got:\n%s", diff)
			}
			if !got.Build.Epoch.Equal(c.f.Commit.Time) {
				t.Errorf("New has the epoch %v, want the commit's time %v", got.Build.Epoch, c.f.Commit.Time)
			}
		})
	}
}

// The token is for the main registry and for no other, wherever images go.
func TestLogin(t *testing.T) {
	t.Parallel()
	noActor := pushOf("refs/heads/main")
	noActor.Actor = ""
	cases := map[string]struct {
		in             inputs.Inputs
		f              plan.Facts
		registry, user string
	}{
		"the server's registry, as the actor": {inputs.Inputs{}, pushOf("refs/heads/main"), "ghcr.io", "octocat"},
		"another registry":                    {inputs.Inputs{Registry: "quay.io"}, pushOf("refs/heads/main"), "quay.io", "octocat"},
		"Docker Hub":                          {inputs.Inputs{Registry: "docker.io"}, pushOf("refs/heads/main"), "index.docker.io", "octocat"},
		"another user":                        {inputs.Inputs{Username: "robot"}, pushOf("refs/heads/main"), "ghcr.io", "robot"},
		"nobody known":                        {inputs.Inputs{}, noActor, "ghcr.io", "slipway"},
		"an image elsewhere":                  {inputs.Inputs{Images: []string{"quay.io/acme/app"}}, pushOf("refs/heads/main"), "ghcr.io", "octocat"},
		"a tag elsewhere":                     {inputs.Inputs{Tags: rules(t, "quay.io/acme/app:1")}, pushOf("refs/heads/main"), "ghcr.io", "octocat"},
		"a run that does not publish":         {inputs.Inputs{}, pullFrom("stranger/hello-world"), "ghcr.io", "octocat"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c.in.Token = "t0ken"
			got, err := plan.New(c.in, c.f)
			if err != nil {
				t.Fatal(err)
			}
			login := loginFor(got, c.registry)
			if len(got.Logins) != 1 || login.Username != c.user || login.Password.Reveal() != "t0ken" {
				t.Errorf("New logs in to %s as %s with %q, want %s as %s with the token",
					login.Registry, login.Username, login.Password.Reveal(), c.registry, c.user)
			}
		})
	}
}
