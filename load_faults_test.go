package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestLoadThatFails has an engine that refuses the image in the ways that there
// are. The run fails with its reason, and nothing is pushed.
func TestLoadThatFails(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	for title, c := range map[string]struct {
		answer testenv.Answer
		says   string
	}{
		"at once":               {testenv.Answer{Status: http.StatusInternalServerError, Body: `{"message":"no space left on device"}`}, "no space left on device"},
		"in its answer":         {testenv.Answer{Body: `{"errorDetail":{"message":"invalid tar header"},"error":"invalid tar header"}`}, "invalid tar header"},
		"in passing":            {testenv.Answer{Body: `{"stream":"Error unpacking image x: wrong diff id\n"}`}, "wrong diff id"},
		"with half an answer":   {testenv.Answer{Body: `{"stream":"Loaded`}, "reading its answer: unexpected EOF"},
		"with a connection cut": {testenv.Answer{Reset: true}, "loading the image into"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, engine.OverTCP(t), testenv.ProxyOptions{Fault: onLoad(func() *testenv.Answer { return &c.answer })})
			repository := "octo/" + strings.ReplaceAll(title, " ", "-")
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env: []string{
					"INPUT_IMAGE=" + registry.Host + "/" + repository, "INPUT_LOAD=true", "INPUT_PUSH=true",
					"BUILDKIT_HOST=" + daemon.Address, "DOCKER_HOST=tcp://" + proxy.Host,
				},
			})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d, want 1\n%s", code, r.said())
			}
			r.mustSay("::error::loading the image into the Docker engine at tcp://"+proxy.Host, c.says)
			if strings.Contains(r.said(), "file already closed") || strings.Contains(r.said(), "closed pipe") {
				t.Errorf("it tells of its own inside:\n%s", r.said())
			}
			ref, err := name.ParseReference(registry.Host + "/" + repository + ":latest")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := remote.Head(ref); err == nil {
				t.Errorf("%s was published all the same", ref)
			}
			pushed, err := filepath.Glob(filepath.Join(registry.Root, "docker/registry/v2/repositories", repository, "_manifests/revisions/*/*"))
			if err != nil || len(pushed) > 0 {
				t.Errorf("manifests were pushed: %q, %v", pushed, err)
			}
		})
	}
}

// TestCancelWhileLoading cancels a run whose engine takes the image and does not
// say that it has it.
func TestCancelWhileLoading(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	begun, end := make(chan struct{}), make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(end) }))
	proxy := testenv.NewProxy(t, engine.OverTCP(t), testenv.ProxyOptions{Fault: onLoad(func() *testenv.Answer {
		close(begun)
		<-end
		return nil
	})})
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env: []string{
			"INPUT_PUSH=false", "INPUT_LOAD=true", "INPUT_IMAGE=app.example.com/octo/app",
			"BUILDKIT_HOST=" + daemon.Address, "DOCKER_HOST=tcp://" + proxy.Host,
		},
	})
	r.mustReach("loading", begun)
	r.mustEndInTime(syscall.SIGTERM)
	r.mustSay("::error", "terminated signal received")
	if got := engineConfig(t, engine, "app.example.com/octo/app:latest"); got != "" {
		t.Errorf("the engine has %s all the same", got)
	}
}

// onLoad is a fault in loading alone.
func onLoad(fault func() *testenv.Answer) func(int, *http.Request) *testenv.Answer {
	return func(_ int, r *http.Request) *testenv.Answer {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/images/load") {
			return fault()
		}
		return nil
	}
}
