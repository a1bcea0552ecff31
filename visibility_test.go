package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// visibilityCase is a push to github.com of a package that has the case's name.
type visibilityCase struct {
	repository string // visibility
	is         testenv.Package
	with       []string // environment
	code       int
	visibility string
	page       string // default: the package's page in the organization octo
	says       []string
	never      []string
}

func visibilityCases() map[string]visibilityCase {
	const require = "INPUT_REQUIRE-VISIBILITY="
	return map[string]visibilityCase{
		"public":         {repository: "public", is: testenv.Package{Visibility: "public", Repository: "octo/public"}, visibility: "public", never: []string{"::notice", "login: the repository", "linked to"}},
		"private":        {repository: "public", is: testenv.Package{Visibility: "private"}, visibility: "private", says: []string{"::notice::nobody can pull ghcr.io/octo/private without a login: the repository is public", "https://github.com/orgs/octo/packages/container/private/settings, Danger Zone, Change visibility, and choose Public"}},
		"new":            {repository: "public", visibility: "private", says: []string{"::notice::nobody can pull ghcr.io/octo/new"}},
		"not-there-yet":  {repository: "public", visibility: "private", says: []string{"::notice::nobody can pull ghcr.io/octo/not-there-yet"}},
		"not-for-us":     {repository: "private", is: testenv.Package{Visibility: "internal"}, visibility: "private", never: []string{"::notice", "Resource not accessible"}},
		"open":           {repository: "private", is: testenv.Package{Visibility: "public"}, visibility: "public", says: []string{"::warning::everybody can pull ghcr.io/octo/open: the package is public, and the repository is private; a public package cannot be made private again"}},
		"internal":       {repository: "public", is: testenv.Package{Visibility: "internal"}, visibility: "internal", says: []string{"the package is internal"}},
		"linked":         {repository: "public", is: testenv.Package{Visibility: "public", Repository: "octo/other"}, visibility: "public", says: []string{"::warning::the package ghcr.io/octo/linked is linked to octo/other, and not to octo/linked"}},
		"of-a-user":      {repository: "public", is: testenv.Package{Owner: "mona", Name: "of-a-user/app", Visibility: "public"}, with: []string{"INPUT_IMAGE=mona/of-a-user/app"}, visibility: "public", page: "https://github.com/users/mona/packages/container/package/of-a-user%2Fapp"},
		"meant-so":       {repository: "public", is: testenv.Package{Visibility: "private"}, with: []string{require + "private"}, visibility: "private", never: []string{"::notice", "::error"}},
		"known-before":   {repository: "public", is: testenv.Package{Visibility: "private"}, with: []string{require + "public"}, code: 1, says: []string{"::error::requiring that ghcr.io/octo/known-before is public: the package is there already, and is private"}, never: []string{"::group::Build", "Published"}},
		"no-preflight":   {repository: "public", is: testenv.Package{Visibility: "private"}, with: []string{require + "public", "INPUT_PREFLIGHT=false"}, code: 1, says: []string{"the package is there already, and is private"}, never: []string{"Published"}},
		"known-after":    {repository: "public", with: []string{require + "public"}, code: 1, visibility: "private", says: []string{"Published", "::error::requiring that ghcr.io/octo/known-after is public: it is private; the image is published already"}, never: []string{"::notice"}},
		"not-measured":   {repository: "public", is: testenv.Package{Visibility: "private"}, visibility: "private", says: []string{"the package is private"}},
		"never-measured": {repository: "public", visibility: "", never: []string{"::notice", "::error"}},
		"must-measure":   {repository: "public", with: []string{require + "public"}, code: 1, says: []string{"Published", "::error::requiring that ghcr.io/octo/must-measure is public: it could not be measured"}},
	}
}

// TestVisibility publishes to github.com and is told who can read it: as the
// registry answers strangers, and as the API has it.
func TestVisibility(t *testing.T) {
	t.Parallel()
	cases := visibilityCases()
	options := testenv.GitHubOptions{Users: []string{"mona"}, Refuse: refuseLooks}
	for title, c := range cases {
		if c.is.Visibility != "" {
			options.Packages = append(options.Packages, c.named(title))
		}
	}
	g := testenv.NewGitHub(t, options)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()})
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			event := filepath.Join(dir, "event.json")
			mustWrite(t, event, fmt.Appendf(nil, `{"repository":{"default_branch":"main","visibility":%q,"owner":{"login":"octo","type":"Organization"}}}`, c.repository))
			env := append(gitHubRunner(g), "GITHUB_REPOSITORY=octo/"+title, "GITHUB_EVENT_PATH="+event, "GITHUB_OUTPUT="+filepath.Join(dir, "output"), "BUILDKIT_HOST="+daemon.Address)
			r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /" + title + "\n", env: append(env, c.with...)})
			if code := r.wait(); code != c.code {
				t.Fatalf("exit code %d, want %d\n%s", code, c.code, r.said())
			}
			r.mustSay(c.says...)
			for _, text := range c.never {
				if strings.Contains(r.said(), text) {
					t.Errorf("it says %q:\n%s", text, r.said())
				}
			}
			c.checkOutputs(t, title, filepath.Join(dir, "output"), r)
			if wasPushed(g, title) != strings.Contains(r.said(), "Published") {
				t.Errorf("pushed: %v", wasPushed(g, title))
			}
		})
	}
}

// named is the package as GitHub has it before the push.
func (c visibilityCase) named(title string) testenv.Package {
	p := c.is
	if p.Owner == "" {
		p.Owner, p.Name = "octo", title
	}
	return p
}

// checkOutputs reads what a run that has published has written, and that another
// has written nothing.
func (c visibilityCase) checkOutputs(t *testing.T, title, path string, r *running) {
	t.Helper()
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.said(), "Published") {
		if len(written) > 0 {
			t.Errorf("there are outputs: %s", written)
		}
		return
	}
	outputs, err := parseOutputs(string(written))
	if err != nil {
		t.Fatal(err)
	}
	page := c.page
	if page == "" {
		page = "https://github.com/orgs/octo/packages/container/package/" + title
	}
	if outputs["visibility"] != c.visibility || outputs["package-url"] != page || outputs["pushed"] != "true" {
		t.Errorf("visibility is %q, package-url %q, pushed %q, want %q, %q and true", outputs["visibility"], outputs["package-url"], outputs["pushed"], c.visibility, page)
	}
}

// refuseLooks has an API that does not know some packages yet and lets nobody look
// at others or takes its time, and a registry that is too busy for some strangers.
func refuseLooks(r *http.Request) *testenv.Answer {
	stranger := r.Header.Get("Authorization") == "" && r.URL.Path == "/token"
	switch about := r.URL.Path + r.URL.Query().Get("scope"); {
	case strings.HasPrefix(about, "/orgs/") && strings.Contains(about, "no-preflight"):
		time.Sleep(time.Second) // long enough to push in
	case strings.HasPrefix(about, "/orgs/") && strings.Contains(about, "not-for-us"):
		return testenv.APIRefusal(http.StatusForbidden, "Resource not accessible by integration")
	case strings.HasPrefix(about, "/orgs/") && (strings.Contains(about, "not-there-yet") || strings.Contains(about, "never-measured") || strings.Contains(about, "must-measure")):
		return testenv.APIRefusal(http.StatusNotFound, "Package not found.")
	case stranger && (strings.Contains(about, "-measured") || strings.Contains(about, "must-measure")):
		return &testenv.Answer{Status: http.StatusServiceUnavailable}
	}
	return nil
}

// wasPushed tells whether the registry got a manifest of the image.
func wasPushed(g *testenv.GitHub, title string) bool {
	for _, r := range g.Requests() {
		if r.Method == http.MethodPut && strings.Contains(r.Path, "/"+title+"/") && strings.Contains(r.Path, "/manifests/") {
			return true
		}
	}
	return false
}

// TestVisibilityOfWhatAnEnginePushes has an image that has a digest only once its
// first tag is pushed.
func TestVisibilityOfWhatAnEnginePushes(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	engine.Forward(t, registry.Host)
	for required, code := range map[string]int{"public": 0, "private": 1} {
		r := start(t, step{
			dockerfile: "FROM scratch\nCOPY Dockerfile /" + required + "\n",
			env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_REQUIRE-VISIBILITY=" + required},
		})
		if got := r.wait(); got != code {
			t.Errorf("%s: exit code %d, want %d\n%s", required, got, code, r.said())
		}
		r.mustSay("package public", "digest  "+remoteDigest(t, registry.Host+"/octo/repo:latest"))
	}
}

// TestVisibilityFromAway has a registry that only the builder reaches: what nobody
// can measure is refused before anything is pushed.
func TestVisibilityFromAway(t *testing.T) {
	t.Parallel()
	b, _ := awayBuildkitd(t)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network})
	for _, preflight := range []string{"true", "false"} {
		r := start(t, b.step(registry.Host, "FROM scratch\nCOPY Dockerfile /\n", "INPUT_TOKEN=", "INPUT_REQUIRE-VISIBILITY=public", "INPUT_PREFLIGHT="+preflight))
		if code := r.wait(); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		r.mustSay("::error::requiring that " + registry.Host + "/octo/repo is public: this process cannot reach " + registry.Host)
		if log := registry.Log(); strings.Contains(log, `"PUT /v2/`) {
			t.Errorf("preflight %s: it was pushed", preflight)
		}
	}
}
