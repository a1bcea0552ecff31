package main

import (
	"net/http"
	"sync"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestOlderCommitWaitsForTheEngine has the run of an older commit wait for its turn on an
// engine while that of a newer one publishes. What the tag is at is decided when the turn
// has come: latest stays at the newer image.
func TestOlderCommitWaitsForTheEngine(t *testing.T) {
	t.Parallel()
	const older, newer = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	api := testenv.NewGitHubAPI(t, testenv.GitHubAPIOptions{Repositories: []testenv.Repository{
		{FullName: "octo/repo", Commits: []testenv.Commit{{SHA: older}, {SHA: newer}}},
	}})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	moving, moved := make(chan struct{}), make(chan struct{})
	begin, release := sync.OnceFunc(func() { close(moving) }), sync.OnceFunc(func() { close(moved) })
	proxy := testenv.NewProxy(t, registry.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if asks(http.MethodPut, "/manifests/latest")(r) {
			begin()
			<-moved
		}
		return nil
	}})
	t.Cleanup(release)
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	engine.Forward(t, proxy.Host)
	publish := func(sha string) *running {
		return start(t, step{
			dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=" + sha + "\n",
			env: []string{
				"INPUT_REGISTRY=" + proxy.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "GITHUB_API_URL=" + api.URL, "GITHUB_SHA=" + sha,
			},
		})
	}
	first := publish(newer)
	first.mustReach("moving the tag", moving)
	second := publish(older)
	second.waitFor("Waiting for another run that publishes " + proxy.Host + "/octo/repo on this engine")
	release()
	for _, r := range []*running{first, second} {
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
	}
	image := proxy.Host + "/octo/repo:latest"
	second.mustSay("Not moving "+image+": the image that has it was built from the commit "+newer, "not published: no tag moves: ")
	if who := publishedLabel(t, image); who != newer {
		t.Errorf("latest is of %s, want the newer commit\n%s", who, second.said())
	}
}
