package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// busy is a proxy that fails the first of the requests that match.
func busy(t *testing.T, host string, times int32, matches func(*http.Request) bool, answer testenv.Answer) *testenv.Proxy {
	t.Helper()
	var n atomic.Int32
	return testenv.NewProxy(t, host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if !matches(r) || n.Add(1) > times {
			return nil
		}
		copied := answer
		return &copied
	}})
}

func putsTag(tag string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/manifests/"+tag)
	}
}

func putsBlob(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/uploads/")
}

// tooMany is how ghcr.io says it.
const tooMany = `{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 10.305464ms, allowed: 2000/minute"}]}`

// TestBusyRegistry is a registry that loses an upload of BuildKit's, and then has
// too many requests. The run waits, says so, and publishes.
func TestBusyRegistry(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	lost := testenv.Answer{Status: http.StatusNotFound, Body: `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"blob upload unknown to registry"}]}`}
	first := busy(t, registry.Host, 1, putsTag("latest"), testenv.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}})
	second := busy(t, first.Host, 1, putsBlob, lost)
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + second.Host, "BUILDKIT_HOST=" + daemon.Address},
	})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay(second.Host+": blob upload unknown; trying again in ", "(2 of 4)",
		second.Host+" asks to wait 1s (429 Too Many Requests); trying again (2 of 4)",
		"digest  "+remoteDigest(t, registry.Host+"/octo/repo:latest"))
}

// TestBusyRegistryIsLeft cancels a run while it waits.
func TestBusyRegistryIsLeft(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	asks := testenv.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"45"}}}
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + busy(t, registry.Host, 100, putsTag("latest"), asks).Host, "BUILDKIT_HOST=" + daemon.Address},
	})
	r.waitFor("asks to wait 45s")
	cancelled := time.Now()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, took := r.wait(), time.Since(cancelled); code != 1 || took > 30*time.Second {
		t.Errorf("exit code %d after %s, want 1 long before the registry wants to be asked again", code, took)
	}
	r.mustSay("::error", "terminated signal received", "not moved, or not confirmed: ")
}

// TestBusyRegistryOfAnEngine has the engine's own push fail transiently.
func TestBusyRegistryOfAnEngine(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]testenv.EngineOptions{"Docker 29": {GraphDriver: true}, "Docker 20.10": {Old: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			engine := testenv.NewEngine(t, options)
			for _, c := range []struct {
				tag    string
				answer testenv.Answer
				says   string
				code   int
			}{
				{"busy", testenv.Answer{Status: http.StatusTooManyRequests, Body: tooMany}, "trying again in", 0},
				{"down", testenv.Answer{Status: http.StatusServiceUnavailable}, "trying again in", 0},
				{"denied", testenv.Answer{Status: http.StatusForbidden, Body: `{"errors":[{"code":"DENIED","message":"permission_denied: write_package"}]}`}, "permission_denied: write_package", 1},
			} {
				proxy := busy(t, registry.Host, 1, putsTag(c.tag), c.answer)
				engine.Forward(t, proxy.Host)
				r := start(t, step{
					dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
					env:        []string{"INPUT_REGISTRY=" + proxy.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_TAGS=" + c.tag},
				})
				if code := r.wait(); code != c.code {
					t.Errorf("%s: exit code %d, want %d\n%s", c.tag, code, c.code, r.said())
				}
				r.mustSay(c.says)
				if again := strings.Contains(r.said(), "trying again"); again != (c.code == 0) {
					t.Errorf("%s: tried again: %t\n%s", c.tag, again, r.said())
				}
			}
		})
	}
}
