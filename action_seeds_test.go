package main

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// testSeeds runs the workflow files through act, on a machine that reaches
// GitHub's hosts by a proxy, and nothing else.
func testSeeds(t *testing.T, a *actionImage) {
	t.Helper()
	s := newSeeds(t, a.ca)
	m := a.newJobHost(t, "Octo-Org", testenv.EngineOptions{Proxy: s.github.ProxyURL})
	job := a.store.Host + "/base/busybox:latest"
	m.pull(t, job)
	action := t.TempDir() // in place of the repository slipway-build/slipway
	mustWrite(t, filepath.Join(action, "action.yml"), a.prebuilt(t))
	printed := regexp.MustCompile(`(?m)\| (\{".*"pushed":.*\})\r?$`)

	s.mustRun(t, func(t *testing.T, run seedRun) string {
		t.Helper()
		actor, token := run.login()
		act := testenv.Command(t, testenv.Tool(t, "act"), run.event,
			"--workflows", ".github/workflows/"+run.workflow, "--eventpath", s.payload(t, run),
			"--local-repository", "slipway-build/slipway@v1="+action,
			"--pull=false", "--no-cache-server", "--rm", "--platform", "ubuntu-latest="+job,
			"--actor", actor, "--secret", "GITHUB_TOKEN", "--env", "GITHUB_RUN_ID="+seedRunID,
			"--env", "HTTPS_PROXY="+s.github.ProxyURL) // a runner behind a proxy hands it on, too
		act.Dir = s.repo
		act.Env = []string{"HOME=" + t.TempDir(), "DOCKER_HOST=" + m.engine.Host, "GITHUB_TOKEN=" + token}
		log, err := act.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		outputs := printed.FindSubmatch(log)
		if outputs == nil {
			t.Fatalf("the next step does not print the outputs:\n%s", log)
		}
		return string(outputs[1])
	})
}
