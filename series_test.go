package main

import (
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestLatestOfTwoSeries has a repository with versions of years and semantic ones,
// and git tags of another component: latest follows the commits of the two.
func TestLatestOfTwoSeries(t *testing.T) {
	t.Parallel()
	const first, second, third = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222", "3333333333333333333333333333333333333333"
	api := testenv.NewGitHubAPI(t, testenv.GitHubAPIOptions{Repositories: []testenv.Repository{{FullName: "octo/repo", Commits: []testenv.Commit{
		{SHA: first, Tags: []string{"app/v1.2.3", "api/v9.0.0"}}, {SHA: second, Tags: []string{"app/v2024.5.1"}}, {SHA: third, Tags: []string{"app/v1.2.4"}},
	}}}})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	image := registry.Host + "/octo/repo:"
	for _, c := range []struct {
		version, sha, holds string
		says                []string
	}{
		{"2024.5.1", second, "2024.5.1", nil},
		{"1.2.3", first, "2024.5.1", []string{"Not moving " + image + "latest: it has 2024.5.1, which cannot be compared with 1.2.3 and was built from a later commit, " + second}},
		{"1.2.4", third, "1.2.4", nil},
		{"2024.5.1", second, "1.2.4", []string{"Not moving " + image + "latest: it has 1.2.4"}},
	} {
		r := start(t, step{
			dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=" + c.version + "\n",
			env: []string{
				"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "GITHUB_API_URL=" + api.URL,
				"GITHUB_SHA=" + c.sha, "GITHUB_REF=refs/tags/app/v" + c.version, "INPUT_TAGS=type=semver,pattern={{version}},match=v(.*)$\ntype=semver,pattern={{major}},match=v(.*)$",
			},
		})
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		r.mustSay(c.says...)
		if who := publishedLabel(t, image+"latest"); who != c.holds {
			t.Errorf("after %s latest is of %s, want %s\n%s", c.version, who, c.holds, r.said())
		}
	}
	if who := publishedLabel(t, image+"1"); who != "1.2.4" {
		t.Errorf("1 is of %s, want 1.2.4", who)
	}
}
