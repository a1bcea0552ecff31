package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// gitHubCommit is the commit of a step on github.com.
const gitHubCommit = "ffac537e6cbbf934b08745a378932722df287a53"

// gitHubRepository is what GitHub's API knows of the repository of gitHubRunner.
func gitHubRepository() []testenv.Repository {
	return []testenv.Repository{{FullName: "octo/app", Commits: []testenv.Commit{
		{SHA: gitHubCommit, Time: time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)},
	}}}
}

// gitHubRunner is the environment of a step on github.com, for a repository that
// is named app.
func gitHubRunner(g *testenv.GitHub) []string {
	return append(g.Env(),
		"GITHUB_API_URL=https://api.github.com", "GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=octo/app",
		"GITHUB_ACTOR=octocat", "GITHUB_SHA="+gitHubCommit, "INPUT_TOKEN="+g.Token)
}

// TestGitHubWithoutInputs has a workflow on github.com that sets nothing at all:
// the repository's image is published to GitHub Packages, and nobody else is
// asked for anything.
func TestGitHubWithoutInputs(t *testing.T) {
	t.Parallel()
	for builder, without := range map[string]testenv.Quirk{"daemon": 0, "local": 0, "plain registry": testenv.NoDelete | testenv.AnyLogin | testenv.Forbid | testenv.RedirectBlobs | testenv.AnyScope} {
		t.Run(builder, func(t *testing.T) {
			t.Parallel()
			g := testenv.NewGitHub(t, testenv.GitHubOptions{Without: without, Repositories: gitHubRepository()})
			env := append(gitHubRunner(g), "TMPDIR="+t.TempDir())
			if builder == "local" {
				env = append(env, "INPUT_BUILDER=local")
			} else {
				env = append(env, "BUILDKIT_HOST="+testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()}).Address)
			}
			for _, message := range []string{"one", "two"} { // the second moves the tag
				r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /" + message + "\n", env: env})
				if code := r.wait(); code != 0 {
					t.Fatalf("exit code %d, want 0\n%s", code, r.said())
				}
				r.mustSay("Publishing ghcr.io/octo/app:latest")
				if strings.Contains(r.said(), "::warning") {
					t.Errorf("there is a warning:\n%s", r.said())
				}
			}
			tag, err := name.NewTag("ghcr.io/octo/app:latest")
			if err != nil {
				t.Fatal(err)
			}
			g.SetPackage(testenv.Package{Owner: "octo", Name: "app", Visibility: "public"})
			image, err := remote.Image(tag, remote.WithTransport(g.Transport(t)))
			if err != nil {
				t.Fatal(err)
			}
			layers, err := image.Layers()
			if err != nil || len(layers) != 1 {
				t.Errorf("%d layers, %v", len(layers), err)
			}
			if refused := g.Refused(); len(refused) > 0 {
				t.Errorf("hosts that are not GitHub's were asked for: %q", refused)
			}
			for _, r := range g.Requests() {
				if r.Status == 0 || r.Status >= 500 {
					t.Errorf("request without a good answer: %s https://%s%s: %d", r.Method, r.Host, r.Path, r.Status)
				}
				if r.Host != testenv.ContainerHost && r.Host != testenv.APIHost && r.Authorization != "" {
					t.Errorf("%s got a login", r.Host)
				}
			}
		})
	}
}

// TestGitHubTokenRunsOut has a step that takes longer than the tokens last that
// were asked for before it, one of them for the base image.
func TestGitHubTokenRunsOut(t *testing.T) {
	t.Parallel()
	g := testenv.NewGitHub(t, testenv.GitHubOptions{Repositories: gitHubRepository()})
	base := testenv.BaseImage(t, testenv.ContainerHost+"/octo",
		remote.WithTransport(g.Transport(t)), remote.WithAuth(&authn.Basic{Username: "octocat", Password: g.Token}))
	g.Tokens.Lifetime = 4 * time.Second // a busy machine must come to use a token
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()})
	r := start(t, step{
		dockerfile: "FROM " + base.Name() + "\nRUN sleep 6\n",
		env:        append(gitHubRunner(g), "BUILDKIT_HOST="+daemon.Address),
	})
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, r.said())
	}
	refused := 0
	for _, request := range g.Requests() {
		if request.Status == http.StatusUnauthorized && strings.HasPrefix(request.Authorization, "Bearer ") {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no token has run out")
	}
}
