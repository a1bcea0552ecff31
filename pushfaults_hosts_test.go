package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// testTokens has tokens that run out during a push, and token servers whose clock is another.
func testTokens(t *testing.T, lab *faultLab) {
	var group sync.WaitGroup
	defer group.Wait()
	for i, class := range []string{"slipway: POST upload", "BuildKit: POST upload", "BuildKit: PUT upload", "BuildKit: PUT digest", "slipway: PUT tag", "slipway: HEAD tag"} {
		group.Go(func() {
			t.Run("run out at "+class, func(t *testing.T) { testTokenRunsOut(t, lab, class, fmt.Sprintf("octo/expired-%d", i)) })
		})
	}
	for name, c := range map[string]struct {
		skew time.Duration
		ends ending
		says []string
	}{
		"30 s ahead": {skew: 30 * time.Second}, "30 s behind": {skew: -30 * time.Second},
		"an hour ahead": {time.Hour, refuses, refusedToken()}, "an hour behind": {-time.Hour, refuses, refusedToken()},
	} {
		group.Go(func() {
			t.Run("clock "+name, func(t *testing.T) {
				var skewed *testenv.TokenServer
				other := lab.another(t, func(tokens *testenv.TokenServer) { skewed = tokens })
				tr := &trial{row: "clock skew", repository: "octo/clock-" + slug(name), ends: c.ends, says: c.says}
				tr.first = func() { skewed.Skew = c.skew }
				tr.then = func() { skewed.Skew = 0 } // for the test's own requests
				tr.run(t, other)
			})
		})
	}
}

// refusedToken is what a run says whose tokens the registry takes for expired, or for not yet good.
func refusedToken() []string {
	return []string{"::error::", "does not accept the user name and token"}
}

// testTokenRunsOut waits with one request until every token has run out that was asked for before.
func testTokenRunsOut(t *testing.T, lab *faultLab, class, repository string) {
	const lifetime = 5 * time.Second // a busy machine must come to use a token
	var short *testenv.TokenServer
	other := lab.another(t, func(tokens *testenv.TokenServer) { short = tokens })
	tr := &trial{row: "token runs out", repository: repository, ends: survives}
	tr.first = func() { short.Lifetime = lifetime }
	tr.then = func() { short.Lifetime = 0 } // the default, for the test's own requests
	hit := false
	tr.fault = func(p pushed, _ *http.Request) *testenv.Answer {
		if hit || p.class != class {
			return nil
		}
		hit = true
		return &testenv.Answer{Pass: true, Delay: lifetime + 1500*time.Millisecond} // a token lasts up to a second longer
	}
	tr.run(t, other)
	for _, r := range tr.proxy.Requests() {
		if r.Status == http.StatusUnauthorized && strings.HasPrefix(r.Authorization, "Bearer ") && r.Method != http.MethodDelete {
			return
		}
	}
	t.Error("no token has run out")
}

// flakyProxy is a proxy for HTTPS that does not know the host of its first connections, as while a name does not resolve.
func flakyProxy(t *testing.T, behind string, fails int32) (address string, refused *atomic.Int32) {
	t.Helper()
	refused = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused.Load() < fails && strings.HasPrefix(r.Host, testenv.ContainerHost) {
			refused.Add(1)
			http.Error(w, "no such host", http.StatusServiceUnavailable)
			return
		}
		far, err := net.Dial("tcp", strings.TrimPrefix(behind, "http://"))
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer far.Close()
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer near.Close()
		fmt.Fprintf(far, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", r.Host, r.Host)
		go func() { _, _ = io.Copy(far, near); _ = far.(*net.TCPConn).CloseWrite() }()
		_, _ = io.Copy(near, far)
	}))
	t.Cleanup(func() { server.CloseClientConnections() })
	return server.URL, refused
}

// mustNotPush wants that a run ended before BuildKit had anything to push: the build begins while the registries are
// asked, and where they are slow some of it is seen.
func mustNotPush(t *testing.T, r *running) {
	t.Helper()
	if strings.Contains(r.said(), "pushing manifest") {
		t.Errorf("it pushed before it refused:\n%s", r.said())
	}
}

// testNames has a registry whose name does not resolve, for good and at first.
func testNames(t *testing.T, lab *faultLab) {
	t.Run("unknown", func(t *testing.T) {
		outputs := filepath.Join(t.TempDir(), "output")
		dockerfile, files := layersOf("nowhere")
		r := start(t, step{program: lab.program, dockerfile: dockerfile, files: files, env: []string{
			"INPUT_IMAGE=registry.invalid/octo/app", "INPUT_TAGS=one", "BUILDKIT_HOST=" + lab.daemon.Address, "GITHUB_OUTPUT=" + outputs,
		}})
		e := evidence{code: r.wait(), said: r.said(), outputs: readOutputs(t, outputs)}
		lab.ledger.count("name that does not resolve", e.code, e.lost())
		r.mustSay("::error", "reaching registry.invalid: neither this process nor ", "check the input registry")
		mustNotPush(t, r)
		if e.code != 1 || len(e.lost()) > 0 {
			t.Errorf("exit code %d, lost %v\n%s", e.code, e.lost(), r.said())
		}
	})
	for i, fails := range []int32{1, 3} {
		t.Run(fmt.Sprintf("%d times", fails), func(t *testing.T) {
			g := testenv.NewGitHub(t, testenv.GitHubOptions{Repositories: gitHubRepository()})
			proxy, refused := flakyProxy(t, g.ProxyURL, fails)
			outputs := filepath.Join(t.TempDir(), "output")
			dockerfile, files := layersOf(fmt.Sprintf("flaky %d", i))
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()})
			r := start(t, step{program: lab.program, dockerfile: dockerfile, files: files, env: append(gitHubRunner(g),
				"HTTPS_PROXY="+proxy, "INPUT_TAGS=one\ntwo", "BUILDKIT_HOST="+daemon.Address, "GITHUB_OUTPUT="+outputs)})
			e := evidence{code: r.wait(), said: r.said(), outputs: readOutputs(t, outputs), shown: "ghcr.io/octo/app"}
			e.look(t, "ghcr.io/octo/app", trialTags, remote.WithTransport(g.Transport(t)), remote.WithAuth(&authn.Basic{Username: "octocat", Password: g.Token}))
			lost := e.lost()
			lab.ledger.count("name that resolves later", e.code, lost)
			if e.code != 0 || len(lost) > 0 || refused.Load() != fails {
				t.Errorf("exit code %d after %d failures, want 0 after %d, lost %v\n%s", e.code, refused.Load(), fails, lost, r.said())
			}
		})
	}
}
