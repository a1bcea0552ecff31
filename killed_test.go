package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// moments are those at which a run is killed: from when its builder starts until it
// is told to end. Each is known by a request to the registry, which is not answered,
// or by what is said of it below.
func moments() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"starting":             nil,
		"in a step":            nil,
		"pushing a layer":      regexp.MustCompile(`^PUT /v2/octo/repo/blobs/uploads/`),
		"pushing the manifest": regexp.MustCompile(`^PUT /v2/octo/repo/manifests/sha256:`),
		"moving the tag":       regexp.MustCompile(`^PUT /v2/octo/repo/manifests/latest`),
		"closing":              regexp.MustCompile(`^PUT /v2/octo/repo/manifests/latest`),
	}
}

// TestKilledAtAnyMoment kills a run with a child process as the runner does in the
// end. Its files stay, and nothing that runs.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	for _, user := range []string{"root", "octocat"} {
		number := 100
		for moment, request := range moments() {
			number++
			t.Run(user+" "+moment, func(t *testing.T) {
				t.Parallel()
				proxy, asked, answer := stallAt(t, registry.Host, request)
				home := publicDir(t)
				c := sleepingChild{tmp: home, mark: fmt.Sprintf("98765%d%d%s", number, os.Getpid(), strconv.Itoa(len(user)))}
				s := step{dockerfile: "FROM " + base + "\nRUN echo work > /work\n", env: []string{"INPUT_REGISTRY=" + proxy.Host, "INPUT_BUILDER=local", "TMPDIR=" + home}}
				if moment == "in a step" {
					s.dockerfile = "FROM " + base + "\nRUN echo started; sleep " + c.mark + "\n"
				}
				if user != "root" {
					s.wrap = machine{}.as(t, home)
				}
				c.running = start(t, s)
				c.waitForMoment(moment, asked, answer)
				c.mustDieAlone()
			})
		}
	}
}

// waitForMoment returns at a moment in the run's life.
func (c sleepingChild) waitForMoment(moment string, asked <-chan struct{}, answer func()) {
	c.t.Helper()
	switch moment {
	case "starting":
		c.until("starting buildkitd", func() bool { return c.daemon() != 0 })
	case "in a step":
		c.waitForStep()
	case "closing":
		c.mustReach("moving the tag", asked)
		c.stopDaemon() // so that it does not end by itself
		answer()
		c.until("telling buildkitd to end", func() bool { return c.daemon() == 0 || terminating(c.daemon()) })
	default:
		c.mustReach(moment, asked)
	}
}

// terminating tells whether SIGTERM waits for a process, which is stopped.
func terminating(pid int) bool {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return false
	}
	pending := regexp.MustCompile(`ShdPnd:\s+([0-9a-f]+)`).FindSubmatch(status)
	signals, err := strconv.ParseUint(string(pending[1]), 16, 64)
	return err == nil && signals&(1<<14) != 0
}

// stallAt is a registry that does not answer a request until answer is called.
func stallAt(t *testing.T, host string, request *regexp.Regexp) (proxy *testenv.Proxy, asked <-chan struct{}, answer func()) {
	t.Helper()
	begun, end := make(chan struct{}), make(chan struct{})
	var once sync.Once
	answer = sync.OnceFunc(func() { close(end) })
	t.Cleanup(answer)
	return testenv.NewProxy(t, host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if request != nil && request.MatchString(r.Method+" "+r.URL.Path) {
			once.Do(func() { close(begun) })
			<-end
		}
		return nil
	}}), begun, answer
}

// TestHelperOfAKilledRun kills a run while a credential helper does not answer.
func TestHelperOfAKilledRun(t *testing.T) {
	t.Parallel()
	config := t.TempDir()
	c := sleepingChild{tmp: config, mark: fmt.Sprintf("987650%d", os.Getpid())}
	mustWrite(t, filepath.Join(config, "config.json"), []byte(`{"credHelpers": {"registry.example.com": "silent"}}`))
	testenv.WriteProgram(t, filepath.Join(config, "docker-credential-silent"), "#!/bin/sh\nexec sleep "+c.mark+"\n")
	c.running = start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=registry.example.com", "INPUT_BUILDER=local", "DOCKER_CONFIG=" + config, "PATH=" + config + ":" + os.Getenv("PATH")},
	})
	c.until("asking the helper", func() bool { return len(processesWith(t, c.mark)) > 0 })
	c.mustDieAlone()
}

// TestBuilderContainerOfARunKilledAtAnyMoment kills a run with a builder container.
func TestBuilderContainerOfARunKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	for engine, options := range map[string]testenv.EngineOptions{"Docker 29": {}, "Docker 20.10": {Old: true}} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			at := newSite(t, options)
			for moment, request := range moments() {
				if moment == "closing" {
					continue // the container ends by itself then
				}
				proxy, asked, _ := stallAt(t, at.registry.Host, request)
				at.engine.Forward(t, proxy.Host)
				dockerfile := "FROM " + at.base.Name() + "\nRUN echo work > /work\n"
				if moment == "in a step" {
					dockerfile = "FROM " + at.base.Name() + "\nRUN echo started; sleep 1000\n"
				}
				r := start(t, at.step("repo", dockerfile, "INPUT_REGISTRY="+proxy.Host))
				switch moment {
				case "starting":
					r.until("starting its container", func() bool { return strings.Contains(inEngine(t, at.engine), " running") })
				case "in a step":
					r.waitForStep()
				default:
					r.mustReach(moment, asked)
				}
				killed := time.Now()
				if err := r.cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				r.wait()
				for inEngine(t, at.engine) != "[]" {
					if time.Since(killed) > cleanUpWithin {
						t.Fatalf("killed when %s: the engine still holds %s", moment, inEngine(t, at.engine))
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
}
