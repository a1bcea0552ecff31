package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestGitHubRefuses has ghcr.io refuse a push in each of its own words, and its
// API know more or less of the package: the run ends within a second, before it
// has built anything, with what to do.
func TestGitHubRefuses(t *testing.T) {
	t.Parallel()
	ours := testenv.Package{Owner: "octo", Name: "app", Repository: "octo/app"}
	theirs := testenv.Package{Owner: "octo", Name: "app", Repository: "octo/before"}
	const settings = "https://github.com/orgs/octo/packages/container/app/settings"
	const permissions = "permissions:%0A  contents: read%0A  packages: write"
	for name, c := range map[string]struct {
		words    string
		packages []testenv.Package
		api      *testenv.Answer // in place of what it knows
		says     []string
	}{
		"new, not allowed":                {testenv.CreateDenied, nil, nil, []string{"ghcr.io/octo/app does not exist, and this token may not create it", permissions, "Package Creation"}},
		"new, without any permission":     {testenv.CreateDenied, nil, testenv.NotAccessible(), []string{"does not even let it look", permissions}},
		"there, without the permission":   {testenv.OrgWriteDenied, []testenv.Package{ours}, nil, []string{"this job's token may not write packages", permissions}},
		"there, another repository's":     {testenv.WriteDenied, []testenv.Package{theirs}, nil, []string{"octo/before", settings, "role Write"}},
		"there, and nobody says whose":    {testenv.WriteDenied, nil, testenv.APIRefusal(http.StatusServiceUnavailable, "down"), []string{"first pushed by somebody's own token", settings}},
		"a token without the scope":       {testenv.ScopesDenied, nil, nil, []string{"may not push packages", "settings/tokens/new?scopes=write:packages"}},
		"another owner's":                 {testenv.OtherOwner, nil, nil, []string{"may not push for octo"}},
		"denied, and the API knows it":    {testenv.JustDenied, []testenv.Package{theirs}, nil, []string{"ghcr.io/octo/app exists", "octo/before", settings}},
		"denied, and nothing is there":    {testenv.JustDenied, nil, nil, []string{"does not exist, and this token may not create it", permissions}},
		"denied, and the API is not ours": {testenv.JustDenied, nil, testenv.NotAccessible(), []string{"may not write packages", permissions}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := testenv.NewGitHub(t, testenv.GitHubOptions{Packages: c.packages, Repositories: gitHubRepository(), Refuse: func(r *http.Request) *testenv.Answer {
				switch {
				case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/blobs/uploads/"):
					return testenv.Denied(c.words)
				case c.api != nil && strings.Contains(r.URL.Path, "/packages/"):
					answer := *c.api
					return &answer
				}
				return nil
			}})
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()})
			began := time.Now()
			r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: append(gitHubRunner(g), "BUILDKIT_HOST="+daemon.Address)})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			took := time.Since(began)
			t.Logf("refused after %s", took) // measured by make bench
			r.mustSay(append(c.says, "::error::asking ghcr.io/octo/app for permission to push: ", "ghcr.io says: 403 Forbidden: DENIED: "+c.words)...)
			if took < logIsHeld && strings.Contains(r.said(), "exporting to image") {
				t.Errorf("it was built before:\n%s", r.said())
			}
			if strings.Contains(r.said(), g.Token) && strings.Count(r.said(), g.Token) > strings.Count(r.said(), "::add-mask::"+g.Token) {
				t.Error("the token is in the log")
			}
		})
	}
}

// TestGitHubRefusesBuildKit leaves the first question to BuildKit, and to a HEAD
// whose refusal has no reason: the reason is found all the same, for a push and for
// a base image.
func TestGitHubRefusesBuildKit(t *testing.T) {
	t.Parallel()
	base := testenv.Package{Owner: "octo", Name: "base/busybox"}
	for name, c := range map[string]struct {
		dockerfile func(base string) string
		grant      testenv.Grant // besides the upload of the base image
		says       []string
	}{
		"a push": {
			func(string) string { return "FROM scratch\nCOPY Dockerfile /\n" },
			testenv.Grant{Repository: "*", Actions: []string{"pull"}},
			[]string{"::error::pushing by digest, before any tag moves: ", "ghcr.io says: 403 Forbidden", "permissions:%0A  contents: read%0A  packages: write"},
		},
		"a base image": {
			func(base string) string { return "FROM " + base + "\n" },
			testenv.Grant{Repository: "octo/app", Actions: []string{"pull", "push"}},
			[]string{"::error file=Dockerfile,line=1::building: reading ghcr.io/octo/base/busybox:latest: ", "packages: read", "https://github.com/orgs/octo/packages/container/base%252Fbusybox/settings", "role Read"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const token = "ghs_15368_of-a-run"
			grant := c.grant
			grant.User, grant.Password = "octocat", token
			g := testenv.NewGitHub(t, testenv.GitHubOptions{
				Packages: []testenv.Package{base}, Repositories: gitHubRepository(),
				Grants: []testenv.Grant{grant, {User: "publisher", Password: "ghp_of-somebody", Repository: "*", Actions: []string{"pull", "push"}}},
			})
			image := testenv.BaseImage(t, testenv.ContainerHost+"/octo",
				remote.WithTransport(g.Transport(t)), remote.WithAuth(&authn.Basic{Username: "publisher", Password: "ghp_of-somebody"}))
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()})
			env := append(gitHubRunner(g), "BUILDKIT_HOST="+daemon.Address, "INPUT_TOKEN="+token, "INPUT_PREFLIGHT=false")
			r := start(t, step{dockerfile: c.dockerfile(image.Name()), env: env})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			r.mustSay(c.says...)
		})
	}
}

// TestBaseImageOfARefusedLogin has the token server of a base image refuse the
// login: the image is named, where it stands.
func TestBaseImageOfARefusedLogin(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t, testenv.Grant{User: "octo", Password: "right", Repository: "*", Actions: []string{"pull", "push"}})
	guarded := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{dockerfile: "FROM " + guarded.Host + "/base/app:1\n", env: []string{
		"BUILDKIT_HOST=" + daemon.Address, "INPUT_REGISTRY=" + open.Host,
		"INPUT_REGISTRY-AUTH=[{registry: '" + guarded.Host + "', username: octo, password: wrong-one}]",
	}})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error file=Dockerfile,line=1::building: reading "+guarded.Host+"/base/app", "does not accept the user name and token for base/app", "may read base/app")
}
