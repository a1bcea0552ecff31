package main

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTwoRunsOfOneTag has two runs at once that use the same tag in one engine's
// store: one waits for permission to push while the other loads its image. Each
// has its own, and the loaded one stays.
func TestTwoRunsOfOneTag(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	asked, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	proxy := testenv.NewProxy(t, registry.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.Method == http.MethodPost {
			once.Do(func() { close(asked); <-release })
		}
		return nil
	}})
	engine.Forward(t, proxy.Host)
	env := []string{"INPUT_REGISTRY=" + proxy.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host}
	publishing := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=main\n", env: env})
	publishing.mustReach("pushing", asked)
	loading := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=pull-request\n",
		env:        append(env[:len(env):len(env)], "INPUT_PUSH=false", "INPUT_LOAD=true"),
	})
	if code := loading.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, loading.said())
	}
	close(release)
	if code := publishing.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, publishing.said())
	}
	if who := publishedLabel(t, registry.Host+"/octo/repo:latest"); who != "main" {
		t.Errorf("the image of %s was published", who)
	}
	docker, err := moby.New(moby.WithHost(engine.Host))
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	loaded, err := docker.ImageInspect(t.Context(), proxy.Host+"/octo/repo:latest")
	if err != nil || loaded.Config.Labels["who"] != "pull-request" {
		t.Errorf("the engine's image is of %v, %v, want the loaded one", loaded.Config, err)
	}
}

// TestEngineDiskFull has an engine whose disk the context does not fit on.
func TestEngineDiskFull(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	for name, options := range map[string]testenv.EngineOptions{"containerd": {}, "graph driver": {GraphDriver: true}, "Docker 20.10": {Old: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options.Disk = 24 << 20
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY big /\n",
				files:      map[string][]byte{"big": bytes.Repeat([]byte("0123456789abcdef"), 2<<20)},
				env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_TAGS=never"},
			})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			r.mustSay("::error", "no space left on device", "is full; free some")
			mustNotExist(t, registry.Host+"/octo/repo:never")
		})
	}
}

func publishedLabel(t *testing.T, reference string) string {
	t.Helper()
	config, err := mustPull(t, reference).ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config.Config.Labels["who"]
}

// TestCancelWhileTheEngineIsSilent cancels a run whose engine has taken a request
// for a connection and does not answer it.
func TestCancelWhileTheEngineIsSilent(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{GraphDriver: true})
	for path, builder := range map[string]string{"/attach": "container", "/session": "docker", "/grpc": "docker"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			begun, end := make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(end) })
			var once sync.Once
			proxy := testenv.NewProxy(t, at.engine.OverTCP(t), testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if strings.HasSuffix(r.URL.Path, path) {
					once.Do(func() { close(begun) })
					<-end
				}
				return nil
			}})
			r := start(t, at.step("repo", "FROM scratch\nCOPY Dockerfile /\n", "DOCKER_HOST=tcp://"+proxy.Host, "INPUT_BUILDER="+builder, "INPUT_BUILDER-IMAGE="+map[string]string{"container": at.image}[builder]))
			r.mustReach("asking for "+path, begun)
			r.mustEndInTime(syscall.SIGTERM)
		})
	}
}
