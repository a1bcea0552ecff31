package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slipway-build/slipway/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"slipway": main, becomeUserCommand: becomeUser})
}

// user and password may push everywhere in the token registry of the scripts.
//
// It has not the form of GitHub's tokens, which go to GitHub alone.
const user, password = "octocat", "correct-horse-battery-staple-4711"

// TestScripts shows what a workflow author sees, one behaviour a file. Each
// script runs the real program against a real buildkitd and real registries.
func TestScripts(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true})
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}},
		testenv.Grant{User: "reader", Password: password, Repository: "*", Actions: []string{"pull"}})
	guarded := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	faulty := testenv.NewProxy(t, open.Host, testenv.ProxyOptions{Fault: refuse})
	byTag := testenv.NewProxy(t, open.Host, testenv.ProxyOptions{Fault: onlyByTag})
	base := testenv.BaseImage(t, open.Host)
	cache := testenv.NewGitHubCache(t, testenv.GitHubCacheOptions{})
	shared := map[string]string{
		"GITHUBS_CACHE":  cache.URL,
		"MAIN_TOKEN":     cache.Token("refs/heads/main"),
		"PULL_TOKEN":     cache.Token("refs/pull/7/merge", "refs/heads/main"),
		"BUILDKIT_HOST":  daemon.Address,
		"OWN_BUILDKIT":   testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address, // of one script alone
		"BUILDKIT_TCP":   daemon.TCPAddress,
		"REGISTRY":       open.Host,
		"TOKEN_REGISTRY": guarded.Host,
		"FAULTY":         faulty.Host,
		"BY_TAG":         byTag.Host,
		"BY_DIGEST":      strings.Replace(open.Host, "127.0.0.1", "localhost", 1),
		"BASE":           base.Name(),
		"TOKEN":          password,
		"TOOLS":          filepath.Dir(testenv.Tool(t, "buildkitd")),
	}
	maps.Copy(shared, nodeLines(t))
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return setUp(env, shared) },
		Cmds:                commands(),
	})
}

// refuse is a registry in bad moods: it takes no tag named refused, none of the
// blobs of repositories named half, no index in those named noindex, and answers
// with a wrong digest for a tag named liar.
func refuse(_ int, r *http.Request) *testenv.Answer {
	refused := `{"errors":[{"code":"DENIED","message":"permission_denied: write_package"}]}`
	switch path := r.URL.Path; {
	case r.Method == http.MethodPut && strings.HasSuffix(path, "/manifests/refused"):
		return &testenv.Answer{Status: http.StatusForbidden, Body: refused}
	case r.Method == http.MethodPut && strings.Contains(path, "/noindex/manifests/") && strings.Contains(r.Header.Get("Content-Type"), "index"):
		return &testenv.Answer{Status: http.StatusForbidden, Body: refused}
	case r.Method == http.MethodPut && strings.Contains(path, "/half/blobs/uploads/"):
		return &testenv.Answer{Status: http.StatusForbidden, Body: refused}
	case r.Method == http.MethodHead && strings.HasSuffix(path, "/manifests/liar"):
		header := http.Header{}
		header.Set("Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))
		header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		header.Set("Content-Length", "2")
		return &testenv.Answer{Status: http.StatusOK, Header: header}
	}
	return nil
}

// onlyByTag is a registry as GitHub's of kind packages.Docker is, in the same moods.
func onlyByTag(n int, r *http.Request) *testenv.Answer {
	if answer := refuse(n, r); answer != nil {
		return answer
	}
	return testenv.OnlyByTag(r)
}

// setUp gives a script the environment of a step on GitHub's runner: a push to
// main in octo-org's repository, which has capitals and the script's name. The
// checkout is $WORK/repo.
func setUp(env *testscript.Env, shared map[string]string) error {
	for name, value := range shared {
		env.Setenv(name, value)
	}
	defaults, err := inputDefaults()
	if err != nil {
		return err
	}
	for name, value := range defaults {
		env.Setenv(inputVariable(name), strings.ReplaceAll(value, "${{ github.token }}", ""))
	}
	repository := "Octo-Org/" + strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
	work := env.WorkDir
	slipway, err := lookPath(env.Getenv("PATH"), "slipway")
	if err != nil {
		return err
	}
	env.Setenv("SLIPWAY", slipway)
	env.Vars = append(env.Vars, withoutRaceSleep)
	env.Setenv("PATH", env.Getenv("PATH")+string(os.PathListSeparator)+shared["TOOLS"])
	for name, value := range map[string]string{
		"REPOSITORY":          repository,
		"IMAGE":               shared["REGISTRY"] + "/" + strings.ToLower(repository),
		"INPUT_REGISTRY":      shared["REGISTRY"],
		"HOME":                work,
		"GITHUB_ACTIONS":      "true",
		"GITHUB_ACTOR":        "octocat",
		"GITHUB_API_URL":      "http://127.0.0.1:1",
		"GITHUB_EVENT_NAME":   "push",
		"GITHUB_EVENT_PATH":   filepath.Join(work, "event.json"),
		"GITHUB_OUTPUT":       filepath.Join(work, "output"),
		"GITHUB_REF":          "refs/heads/main",
		"GITHUB_REPOSITORY":   repository,
		"GITHUB_RUN_ATTEMPT":  "3",
		"GITHUB_RUN_ID":       "1658821493",
		"GITHUB_SERVER_URL":   "https://github.com",
		"GITHUB_SHA":          "ffac537e6cbbf934b08745a378932722df287a53",
		"GITHUB_STEP_SUMMARY": filepath.Join(work, "summary"),
		"GITHUB_WORKSPACE":    filepath.Join(work, "repo"),
	} {
		env.Setenv(name, value)
	}
	for _, name := range []string{"output", "summary"} {
		if err := os.WriteFile(filepath.Join(work, name), nil, 0o600); err != nil {
			return err
		}
	}
	event := filepath.Join(work, "event.json")
	if _, err := os.Stat(event); err == nil {
		return nil // the script has its own
	}
	return os.WriteFile(event, []byte(`{"ref":"refs/heads/main"}`), 0o600)
}

// lookPath finds a program on a PATH that is not this process's.
func lookPath(path, program string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		if found, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("looking for %s: it is not on %s", program, path)
}
