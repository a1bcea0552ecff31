package main

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestCommentOfAnybody has a comment whose workflow checks out a commit that is
// not the run's. GitHub's API has the commits of forks as well; it is built, and
// published as latest, only where it is in the repository itself.
func TestCommentOfAnybody(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	for title, c := range map[string]struct {
		branches, compare, tags string
		builds                  bool
	}{
		"main, which has moved on":   {`[{"name":"main"}]`, "ahead", `[]`, true},
		"what main had":              {`[]`, "behind", `[]`, true},
		"a tag":                      {`[]`, "diverged", `[{"name":"v1.0.0","commit":{"sha":"SHA"}}]`, true},
		"a fork's, made of main":     {`[]`, "ahead", `[]`, false},
		"a fork's":                   {`[]`, "diverged", `[{"name":"v1.0.0","commit":{"sha":"ffac537e6cbbf934b08745a378932722df287a53"}}]`, false},
		"one that nobody tells of":   {"", "", "", false},
		"one that one tells nothing": {`[]`, "diverged", "", false},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			var head atomic.Value // of the checkout, which is made when the step is
			head.Store("")
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer, sha := "", head.Load().(string)
				switch path := r.URL.Path; {
				case path == "/repos/octo/repo/commits/"+sha+"/branches-where-head":
					answer = c.branches
				case path == "/repos/octo/repo/compare/main..."+sha && c.compare != "":
					answer = `{"status":"` + c.compare + `"}`
				case path == "/repos/octo/repo/tags":
					answer = strings.ReplaceAll(c.tags, "SHA", sha)
				}
				if answer == "" {
					w.WriteHeader(http.StatusNotFound)
				}
				_, _ = w.Write([]byte(answer))
			}))
			t.Cleanup(api.Close)
			registry := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{})
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env: []string{
					"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "GITHUB_API_URL=" + api.URL, "INPUT_PUSH=true",
					"GITHUB_EVENT_NAME=issue_comment", "GITHUB_SHA=ffac537e6cbbf934b08745a378932722df287a53",
				},
				wrap: func(_ *exec.Cmd, work string) {
					mustWrite(t, filepath.Join(work, "event.json"), []byte(`{"issue": {"number": 7, "pull_request": {}}, "repository": {"default_branch": "main"}}`))
					head.Store(commitAll(t, filepath.Join(work, "repo")))
				},
			})
			code := r.wait()
			if c.builds {
				r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/repo:latest"))
				return
			}
			r.mustSay("::error::deciding whether the files may be built: the git checkout around ", " is at "+head.Load().(string)+", which is not the commit of this run", "anybody can cause a run of the event issue_comment")
			if code != 1 || strings.Contains(r.said(), "Building with") {
				t.Errorf("exit code %d\n%s", code, tail(r.said()))
			}
			if asked := registry.Requests(); len(asked) > 0 {
				t.Errorf("the registry was asked for %s %s", asked[0].Method, asked[0].Path)
			}
		})
	}
}

// commitAll makes a directory a checkout of all that is in it, and returns the
// commit.
func commitAll(t *testing.T, dir string) string {
	t.Helper()
	out := ""
	for _, args := range []string{"init -q -b main", "add .", "-c user.name=octo -c user.email=octo@example.com commit -q -m one", "rev-parse HEAD"} {
		said, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, strings.Fields(args)...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, said)
		}
		out = strings.TrimSpace(string(said))
	}
	return out
}
