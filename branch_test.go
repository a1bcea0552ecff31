package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestBranchTagsDoNotGoBack publishes a newer commit of main and then an older
// one, as two runs do that overtake each other: GitHub's API tells which contains
// which. A run of a commit that has left the branch's history moves the tag.
func TestBranchTagsDoNotGoBack(t *testing.T) {
	t.Parallel()
	const older, newer, other = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222", "3333333333333333333333333333333333333333"
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := "diverged"
		if strings.HasSuffix(r.URL.Path, "/compare/"+older+"..."+newer) {
			status = "ahead"
		}
		_, _ = w.Write([]byte(`{"status":"` + status + `"}`))
	}))
	t.Cleanup(api.Close)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	publish := func(sha string, env ...string) *running {
		r := start(t, step{
			dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=" + sha + "\n",
			env: append([]string{
				"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "GITHUB_API_URL=" + api.URL, "GITHUB_SHA=" + sha,
			}, env...),
		})
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		return r
	}
	image := registry.Host + "/octo/repo:latest"
	publish(newer)
	r := publish(older)
	r.mustSay("Not moving "+image+": the image that has it was built from the commit "+newer, "digest  sha256:")
	if who := publishedLabel(t, image); who != newer {
		t.Errorf("latest is of %s, want the newer commit", who)
	}
	publish(other)
	if who := publishedLabel(t, image); who != other {
		t.Errorf("latest is of %s, want the commit that the branch has now", who)
	}
	publish(newer)
	publish(older, "INPUT_FLOATING=compat")
	if who := publishedLabel(t, image); who != older {
		t.Errorf("latest is of %s, want the last run's commit with compat", who)
	}
}

// TestBranchThatWasSetBack publishes a commit of main after a newer one. Where main
// is at the newer one, the run is late; where it is at the older one, somebody has
// set it back, and the tag goes back, too, also when the run is tried again.
func TestBranchThatWasSetBack(t *testing.T) {
	t.Parallel()
	const older, newer = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	repository := testenv.Repository{FullName: "octo/repo", Commits: []testenv.Commit{{SHA: older}, {SHA: newer}}}
	ahead := testenv.NewGitHubAPI(t, testenv.GitHubAPIOptions{Repositories: []testenv.Repository{repository}})
	repository.Head = older
	back := testenv.NewGitHubAPI(t, testenv.GitHubAPIOptions{Repositories: []testenv.Repository{repository}})
	silent := testenv.NewGitHubAPI(t, testenv.GitHubAPIOptions{Repositories: []testenv.Repository{repository}, Refuse: func(r *http.Request) *testenv.Answer {
		if strings.Contains(r.URL.Path, "/git/ref/") {
			return testenv.APIRefusal(http.StatusForbidden, "Resource not accessible by integration")
		}
		return nil
	}})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	image := registry.Host + "/octo/repo:latest"
	for _, c := range []struct {
		sha, api, holds string
		says            []string
	}{
		{newer, ahead.URL, newer, nil},
		{older, ahead.URL, newer, []string{"Not moving " + image}},
		{older, silent.URL, newer, []string{"Not moving " + image, "whether refs/heads/main was set back to this commit"}},
		{older, back.URL, older, []string{"refs/heads/main was set back to this commit: its tags go back, too"}},
		{newer, ahead.URL, newer, nil},
		{older, back.URL, older, nil},
		{older, back.URL, older, nil},
	} {
		r := start(t, step{
			dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=" + c.sha + "\n",
			env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "GITHUB_API_URL=" + c.api, "GITHUB_SHA=" + c.sha},
		})
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		r.mustSay(c.says...)
		if who := publishedLabel(t, image); who != c.holds {
			t.Errorf("after a run of %s latest is of %s, want %s\n%s", c.sha, who, c.holds, r.said())
		}
	}
	asked := func(api *testenv.GitHubAPI) (n int) {
		for _, r := range api.Requests() {
			if strings.Contains(r.Path, "/git/ref/heads/main") {
				n++
			}
		}
		return n
	}
	if late, set := asked(ahead), asked(back); late != 1 || set != 2 {
		t.Errorf("GitHub was asked %d and %d times which commit main has, want once for each run whose tag would go back", late, set)
	}
}

// TestEngineMovesNothingBack has an engine that can push by a tag alone: where
// none moves, nothing is published, and the run says why.
func TestEngineMovesNothingBack(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"name":"v2.0.0"},{"name":"v1.9.4"},{"name":"v1.9.3"}]`))
	}))
	t.Cleanup(api.Close)
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	engine.Forward(t, registry.Host)
	publish := func(ref string) *running {
		r := start(t, step{
			dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=" + ref + "\n",
			env: []string{
				"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "GITHUB_REF=refs/tags/" + ref, "GITHUB_API_URL=" + api.URL,
				"INPUT_TAGS=type=semver,pattern={{major}}", "INPUT_FLAVOR=latest=auto",
			},
		})
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		return r
	}
	publish("v2.0.0")
	remoteDigest(t, registry.Host+"/octo/repo:2")
	r := publish("v1.9.4")
	r.mustSay("Not moving "+registry.Host+"/octo/repo:latest", "digest  "+remoteDigest(t, registry.Host+"/octo/repo:1"))
	r = publish("v1.9.3")
	r.mustSay("not published: no tag moves: ")
	if who := publishedLabel(t, registry.Host+"/octo/repo:latest"); who != "v2.0.0" {
		t.Errorf("latest is of %s, want v2.0.0", who)
	}
}
