package main

import (
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// A run that is cancelled is to be gone after 5 s. On a busy machine it gets more, which
// is less than anything takes that does not heed the cancellation: a login ends after
// 35 s, and a request to a registry after 2 minutes.
const leavesWithin = 30 * time.Second

// silence is a far end that takes requests and does not answer some of them.
type silence struct {
	name   string
	silent func(*http.Request) bool
	cancel func(*http.Request) bool // the request at which the run is cancelled; nil: the one without an answer
	says   string                   // what the run has said by then
	env    map[string]string
}

func asks(method, path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.Contains(r.URL.Path, path) }
}

func asksToLogIn(r *http.Request) bool { return r.URL.Path == "/v2/" }

// aVersion is a run that publishes a version and a tag that follows versions.
func aVersion() map[string]string {
	return map[string]string{"GITHUB_REF": "refs/tags/v1.2.3", "INPUT_TAGS": "type=semver,pattern={{version}}\ntype=semver,pattern={{major}}"}
}

// registrySilences are the requests that a run makes to a registry, of its own and of
// BuildKit's.
func registrySilences() []silence {
	return []silence{
		{name: "login", silent: asksToLogIn},
		{name: "login, when the build has pushed", silent: asksToLogIn, cancel: asks(http.MethodPut, "/manifests/sha256:"), says: "it is not known whether a newer commit has the tag"},
		{name: "login, and nobody waits for permission", silent: asksToLogIn, cancel: asks(http.MethodPut, "/manifests/sha256:"), env: map[string]string{"INPUT_PREFLIGHT": "false"}},
		{name: "permission", silent: asks(http.MethodPost, "/blobs/uploads/")},
		{name: "a push begins", silent: asks(http.MethodHead, "/blobs/")},
		{name: "an upload", silent: asks(http.MethodPut, "/blobs/uploads/")},
		{name: "the image's manifest is put", silent: asks(http.MethodPut, "/manifests/sha256:")},
		{name: "the image's manifest is read", silent: asks(http.MethodGet, "/manifests/sha256:")},
		{name: "a tag is read before", silent: asks(http.MethodGet, "/manifests/latest")},
		{name: "a tag is put", silent: asks(http.MethodPut, "/manifests/latest")},
		{name: "tags are listed", silent: asks(http.MethodGet, "/tags/list"), env: aVersion()},
		{name: "a version is put", silent: asks(http.MethodPut, "/manifests/1.2.3"), env: aVersion()},
	}
}

// TestCancelledRunEnds cancels a run when a far end has fallen silent, in each of the
// phases in which it waits for one.
func TestCancelledRunEnds(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true})
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	common := map[string]string{"BUILDKIT_HOST": daemon.Address, "INPUT_REGISTRY": open.Host}
	for _, s := range registrySilences() {
		t.Run("registry/"+s.name, func(t *testing.T) {
			t.Parallel()
			proxy, reached := s.inFrontOf(t, open.Host)
			r := startInside(t, "FROM scratch\nCOPY Dockerfile /\n", common, s.env, map[string]string{"INPUT_REGISTRY": proxy.Host})
			r.waitFor(t, s.says)
			r.mustEndCancelled(t, reached)
		})
	}
	for _, s := range []silence{
		{name: "the commit", silent: asks(http.MethodGet, "/git/commits/"), env: map[string]string{"GITHUB_SHA": strings.Repeat("a", 40)}},
		{name: "the repository", silent: asks(http.MethodGet, "/repos/octo/")},
		{name: "the versions", silent: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/tags") }, env: aVersion()},
	} {
		t.Run("GitHub/"+s.name, func(t *testing.T) {
			t.Parallel()
			proxy, reached := s.inFrontOf(t, open.Host) // which answers 404 to all else
			r := startInside(t, "FROM scratch\nCOPY Dockerfile /\n", common, s.env, map[string]string{"GITHUB_API_URL": proxy.URL})
			r.mustEndCancelled(t, reached)
		})
	}
	t.Run("token server", func(t *testing.T) {
		t.Parallel()
		tokens := testenv.NewTokenServer(t, testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}})
		proxy, reached := silence{silent: func(*http.Request) bool { return true }}.inFrontOf(t, tokens.Host)
		tokens.Realm = proxy.Realm()
		guarded := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
		r := startInside(t, "FROM scratch\nCOPY Dockerfile /\n", common, map[string]string{"INPUT_REGISTRY": guarded.Host, "INPUT_USERNAME": user, "INPUT_TOKEN": password})
		r.mustEndCancelled(t, reached)
	})
	t.Run("credential helper", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		pipe := filepath.Join(dir, "asked")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		testenv.WriteProgram(t, filepath.Join(dir, "docker-credential-silent"), "#!/bin/sh\necho asked >"+pipe+"\nexec sleep 1000\n")
		mustWrite(t, filepath.Join(dir, "config.json"), []byte(`{"credHelpers": {"`+open.Host+`": "silent"}}`))
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			_, _ = os.ReadFile(pipe)
		}()
		r := startInside(t, "FROM scratch\nCOPY Dockerfile /\n", common, map[string]string{"DOCKER_CONFIG": dir, "PATH": dir + ":" + os.Getenv("PATH")})
		r.mustEndCancelled(t, asked)
	})
	for name, env := range map[string]string{"BuildKit": "BUILDKIT_HOST", "engine": "DOCKER_HOST"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, reached := testenv.Mute(t)
			r := startInside(t, "FROM scratch\nCOPY Dockerfile /\n", map[string]string{"INPUT_REGISTRY": open.Host, env: "tcp://" + address})
			r.mustEndCancelled(t, reached)
		})
	}
	t.Run("BuildKit/in a step", func(t *testing.T) {
		t.Parallel()
		frozen := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
		base := testenv.BaseImage(t, open.Host)
		r := startInside(t, "FROM "+base.Name()+"\nRUN echo started; sleep 1000\n", common, map[string]string{"BUILDKIT_HOST": frozen.Address})
		r.waitFor(t, " started\n")
		if err := syscall.Kill(frozen.Pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Kill(frozen.Pid, syscall.SIGCONT) })
		now := make(chan struct{})
		close(now)
		r.mustEndCancelled(t, now)
	})
}

// TestSilentRegistryEndsTheProcess sends the signals of the runner to the program itself
// while a registry is silent: before the build, in its push, and after it.
func TestSilentRegistryEndsTheProcess(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	for _, s := range registrySilences() {
		if s.name != "login, when the build has pushed" && s.name != "permission" && s.name != "an upload" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			proxy, reached := s.inFrontOf(t, open.Host)
			tmp := t.TempDir()
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env:        []string{"INPUT_REGISTRY=" + proxy.Host, "GITHUB_REPOSITORY=octo/" + rand.Text()[:8], "BUILDKIT_HOST=" + daemon.Address, "TMPDIR=" + tmp},
			})
			r.waitFor(s.says)
			r.mustReach(s.name, reached)
			r.mustEndInTime(syscall.SIGINT)
			r.mustSay("::error", "interrupt signal received")
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("temporary files are left: %v, %v", left, err)
			}
		})
	}
}

// TestPipesAreNotWaitedFor names pipes that nobody writes to where a run reads files:
// it ends by itself, or goes on without.
func TestPipesAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  string // that is given the path; empty: the pipe is a part of the workspace
		says string
	}{
		"event.json":          {env: "GITHUB_EVENT_PATH", says: "it is not a regular file"},
		".git":                {says: ""},
		"Dockerfile":          {says: "not a regular file"},
		"layout/index.json":   {env: "INPUT_BUILD-CONTEXTS", says: "it is not a regular file"},
		"cache/index.json":    {env: "INPUT_CACHE-FROM", says: ""},
		"secret":              {env: "INPUT_SECRET-FILES", says: "not a regular file"},
		"summary":             {env: "GITHUB_STEP_SUMMARY", says: "writing for the runner"},
		"docker/config.json":  {env: "DOCKER_CONFIG", says: "it is not a regular file"},
		"authorities.pem":     {env: "INPUT_REGISTRY-CA", says: "not a regular file"},
		"key":                 {env: "INPUT_SSH", says: "not a regular file"},
		"client/key of a TLS": {env: "INPUT_BUILDER-TLS", says: "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newInside(t, "FROM scratch\n")
			path := filepath.Join(r.dir, name)
			_ = os.Remove(path)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), syscall.Mkfifo(path, 0o600)); err != nil {
				t.Fatal(err)
			}
			value := path
			switch c.env {
			case "INPUT_BUILD-CONTEXTS":
				value = "layout=oci-layout://" + filepath.Dir(path)
			case "INPUT_CACHE-FROM":
				value = "type=local,src=" + filepath.Dir(path)
			case "INPUT_SECRET-FILES", "INPUT_SSH":
				value = "id=" + path
			case "INPUT_BUILDER-TLS":
				value = "key=" + path
			case "DOCKER_CONFIG":
				value = filepath.Dir(path)
			}
			env := map[string]string{"BUILDKIT_HOST": "tcp://127.0.0.1:1"}
			if c.env != "" {
				env[c.env] = value
			}
			r.begin(t, env)
			if code := r.wait(t, waitLimit); code != 1 {
				t.Errorf("exit code %d, want 1: there is no BuildKit\n%s", code, r.said())
			}
			if !strings.Contains(r.said(), c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, r.said())
			}
		})
	}
}

// inFrontOf starts a proxy that is silent as told. The channel is closed at the request
// at which the run is to be cancelled.
func (s silence) inFrontOf(t *testing.T, target string) (proxy *testenv.Proxy, reached <-chan struct{}) {
	t.Helper()
	at, once := make(chan struct{}), sync.Once{}
	if s.cancel == nil {
		s.cancel = s.silent
	}
	return testenv.NewProxy(t, target, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if s.cancel(r) {
			once.Do(func() { close(at) })
		}
		if s.silent(r) {
			return &testenv.Answer{Delay: time.Hour}
		}
		return nil
	}}), at
}
