package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// testWorkflow runs testdata/workflow through act, which reads action.yml, makes
// the containers and hands the outputs on as GitHub's runner does.
func testWorkflow(t *testing.T, m *jobHost) {
	repo := t.TempDir()
	if err := os.CopyFS(repo, os.DirFS("testdata/workflow")); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(repo, "action.yml"), m.prebuilt(t))
	commit(t, repo, m.owner+"/workflow")
	job := m.store.Host + "/base/busybox:latest"
	m.pull(t, job)

	act := testenv.Command(t, testenv.Tool(t, "act"), "push",
		"--pull=false", "--no-cache-server", "--rm", "--platform", "ubuntu-latest="+job,
		"--var", "REGISTRY="+m.host, "--var", "BASE="+m.base(), "--secret", "REGISTRY_PASSWORD")
	act.Dir = repo
	act.Env = []string{"HOME=" + t.TempDir(), "DOCKER_HOST=" + m.engine.Host, "REGISTRY_PASSWORD=" + registryPassword}
	log, err := act.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	digest := m.published(t, "workflow")
	for _, want := range []string{"published " + digest, "greetings from Linux"} {
		if !strings.Contains(string(log), want) {
			t.Errorf("the workflow does not print %q:\n%s", want, log)
		}
	}
	if _, err := m.docker.ImageInspect(t.Context(), m.host+"/"+m.image("workflow")+"@"+digest); err != nil {
		t.Errorf("the image was not pulled: %v\n%s", err, log)
	}
}

// prebuilt is action.yml with the image that is there already: the runner would
// build the Dockerfile, from bases that are not here.
func (a *actionImage) prebuilt(t *testing.T) []byte {
	t.Helper()
	declared, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	prebuilt := bytes.Replace(declared, []byte("\n  image: Dockerfile\n"), []byte("\n  image: docker://"+a.ref+"\n"), 1)
	if bytes.Equal(prebuilt, declared) {
		t.Fatal("action.yml names no Dockerfile")
	}
	return prebuilt
}
