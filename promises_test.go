package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// logIsHeld is how long a build is not shown that may yet be refused: holdFor of
// internal/report.
const logIsHeld = time.Second

// TestSlowRefusalPushesNothing has a registry that takes its time to say no: the
// build may be done by then, and nothing of it may have been pushed.
func TestSlowRefusalPushesNothing(t *testing.T) { //nolint:paralleltest // the log is held back for a second, which is little on a busy machine
	tokens := testenv.NewTokenServer(t, testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	var once sync.Once
	proxy := testenv.NewProxy(t, registry.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) (answer *testenv.Answer) {
		if r.Method == http.MethodPost {
			once.Do(func() {
				time.Sleep(300 * time.Millisecond)
				answer = &testenv.Answer{Status: http.StatusForbidden, Body: `{"errors":[{"code":"DENIED","message":"not today"}]}`}
			})
		}
		return answer
	}})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	began := time.Now()
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + proxy.Host, "INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password, "BUILDKIT_HOST=" + daemon.Address},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	took := time.Since(began)
	r.mustSay("::error::asking "+proxy.Host+"/octo/repo for permission to push", "not today")
	if took < logIsHeld && strings.Contains(r.said(), "::group::Build") {
		t.Errorf("it shows the build of a refused run:\n%s", r.said())
	}
	if pushed := proxy.Count(http.MethodPut) + proxy.Count(http.MethodPatch); pushed > 0 {
		t.Errorf("%d uploads were finished before the refusal: %+v", pushed, proxy.Requests())
	}
}

// TestSilentRegistryHidesNothing has a registry that takes connections and says
// nothing: the build is seen all the same.
func TestSilentRegistryHidesNothing(t *testing.T) {
	t.Parallel()
	var done sync.WaitGroup
	done.Add(1)
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { done.Wait() }))
	t.Cleanup(silent.Close)
	t.Cleanup(done.Done)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + strings.TrimPrefix(silent.URL, "http://"), "BUILDKIT_HOST=" + daemon.Address},
	})
	for deadline := time.Now().Add(waitLimit); !strings.Contains(r.said(), "::group::Build"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing of the build is shown while the registry is silent:\n%s", r.said())
		}
	}
	r.mustEndInTime(syscall.SIGTERM)
}

// TestCancelWithBuilderThatHangs stops a BuildKit in its tracks: a cancelled run
// does not wait for it.
func TestCancelWithBuilderThatHangs(t *testing.T) {
	t.Parallel()
	daemon, r := startSleeping(t, "1000")
	if err := syscall.Kill(daemon.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(daemon.Pid, syscall.SIGCONT) })
	r.mustEndInTime(syscall.SIGTERM)
}

// TestReaderOfTheLogGoes closes the pipe that the log goes to, as head does: the
// run goes on to its end and leaves nothing.
func TestReaderOfTheLogGoes(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	tmp := t.TempDir()
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=local", "TMPDIR=" + tmp},
		closedLog:  true,
	})
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	remoteDigest(t, registry.Host+"/octo/repo:latest")
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

// TestRegistryPasswordStaysWithTheRegistry asks GitHub's API for the time of a
// commit that is not checked out, in a run whose token is another registry's.
func TestRegistryPasswordStaysWithTheRegistry(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked, leaked := 0, ""
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		leaked += r.Header.Get("Authorization")
		http.NotFound(w, r)
	}))
	t.Cleanup(api.Close)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env: []string{
			"INPUT_REGISTRY=" + registry.Host, "INPUT_TOKEN=registry-password", "BUILDKIT_HOST=" + daemon.Address,
			"GITHUB_API_URL=" + api.URL, "GITHUB_SHA=ffac537e6cbbf934b08745a378932722df287a53",
		},
	})
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, r.said())
	}
	r.mustSay("::warning::the time of the commit is not known")
	mu.Lock()
	defer mu.Unlock()
	if asked == 0 || leaked != "" {
		t.Errorf("the API was asked %d times and got %q, want some and nothing", asked, leaked)
	}
}
