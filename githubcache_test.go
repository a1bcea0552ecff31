package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// twoStages has a stage whose steps only a cache of mode=max has, and a layer of
// more than one block of an upload.
const twoStages = `
FROM %BASE% AS deps
RUN echo deps ran $((1+1)); dd if=/dev/urandom of=/random bs=1M count=3 2>/dev/null
FROM %BASE% AS app
COPY --from=deps /random /random
RUN echo app ran $((1+1))
`

// What the log says of steps.
const depsRan, appRan, cached, exporting = " deps ran 2\n", " app ran 2\n", "CACHED", "exporting to GitHub Actions Cache"

// cacheLab has a cache of GitHub's and a registry. Each of its runs has a BuildKit
// of its own, whose cache is empty.
type cacheLab struct {
	*testenv.GitHubCache
	registry, base string
}

func newCacheLab(t *testing.T, faults ...testenv.Fault) cacheLab {
	t.Helper()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	cache := testenv.NewGitHubCache(t, testenv.GitHubCacheOptions{Fault: testenv.Faults(faults...)})
	return cacheLab{cache, registry.Host, testenv.BaseImage(t, registry.Host).Name()}
}

// step builds and publishes nothing, as a run that the token is for.
func (l cacheLab) step(dockerfile, token string, env ...string) step {
	return step{dockerfile: strings.ReplaceAll(dockerfile, "%BASE%", l.base), env: slices.Concat([]string{
		"INPUT_BUILDER=local", "INPUT_PUSH=false", "INPUT_CACHE=auto", "RUNNER_ARCH=X64",
		"ACTIONS_RUNTIME_TOKEN=" + token, "ACTIONS_RESULTS_URL=" + l.URL, "ACTIONS_CACHE_URL=" + l.URL + "none",
	}, env)}
}

// run must be green.
func (l cacheLab) run(t *testing.T, dockerfile, token string, env ...string) *running {
	t.Helper()
	r := start(t, l.step(dockerfile, token, env...))
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	return r
}

// mustNotSay fails where the log has any of these words.
func (r *running) mustNotSay(words ...string) {
	r.t.Helper()
	for _, word := range words {
		if strings.Contains(r.said(), word) {
			r.t.Errorf("it says %q:\n%s", word, r.said())
		}
	}
}

// mustFind wants every step out of the cache, and none to run.
func (r *running) mustFind() {
	r.t.Helper()
	r.mustSay(cached)
	r.mustNotSay(depsRan, appRan, "::warning::importing", "::warning::exporting")
}

// refs lists the refs that have written, each once.
func (l cacheLab) refs() []string {
	var refs []string
	for _, e := range l.Entries() {
		if !slices.Contains(refs, e.Ref) {
			refs = append(refs, e.Ref)
		}
	}
	return refs
}

const mainRef, releaseRef, pullRef = "refs/heads/main", "refs/heads/release", "refs/pull/7/merge"

// TestGitHubCacheOfRefs builds for one ref after the other: each run finds what
// GitHub lets it read, and exports only what others read.
func TestGitHubCacheOfRefs(t *testing.T) {
	t.Parallel()
	l := newCacheLab(t)
	r := l.run(t, twoStages, l.Token(releaseRef, mainRef), "GITHUB_REF="+releaseRef)
	r.mustSay(depsRan, appRan, exporting)
	r.mustNotSay("::warning::importing", "::warning::exporting")
	before := l.Entries()
	if len(before) < 4 || !slices.Equal(l.refs(), []string{releaseRef}) {
		t.Fatalf("entries %+v, want some of %s alone", before, releaseRef)
	}
	for _, c := range []struct {
		who, token string
		says       string
		env        []string
	}{
		{"a pull request into it", l.Token(pullRef, releaseRef, mainRef), "cache: auto exports nothing: pull requests use", []string{"GITHUB_EVENT_NAME=pull_request", "GITHUB_REF=" + pullRef}},
		{"a run that may only read", l.TokenFor(testenv.CacheScope{Ref: releaseRef, Right: 1}), "cache: auto exports nothing: GitHub lets this run only read", []string{"GITHUB_REF=" + releaseRef, "ACTIONS_CACHE_MODE=read"}},
		{"a tag, were release the default branch", l.Token("refs/tags/v1.2.3", releaseRef), "cache: auto exports nothing: a tag uses", []string{"GITHUB_REF=refs/tags/v1.2.3"}},
	} {
		r := l.run(t, twoStages, c.token, c.env...)
		r.mustFind()
		r.mustSay(c.says)
		r.mustNotSay(exporting)
		if after := l.Entries(); !slices.Equal(before, after) {
			t.Errorf("%s has written %+v", c.who, after[len(before):])
		}
	}
	l.run(t, twoStages, l.Token("refs/heads/feature", mainRef), "GITHUB_REF=refs/heads/feature").mustSay(depsRan)
	if got := l.refs(); !slices.Equal(got, []string{releaseRef, "refs/heads/feature"}) {
		t.Errorf("%v have written, want release and the other branch", got)
	}
	l.run(t, twoStages, l.Token(releaseRef, mainRef), "GITHUB_REF="+releaseRef).mustFind()
}

// TestGitHubCacheOfJobs builds two stages of one Dockerfile, as two jobs of a
// matrix do: neither replaces what the other has exported.
func TestGitHubCacheOfJobs(t *testing.T) {
	t.Parallel()
	const apart = "FROM %BASE% AS deps\nRUN echo deps ran $((1+1))\nFROM %BASE% AS app\nRUN echo app ran $((1+1))\n"
	l := newCacheLab(t)
	for round := range 2 {
		found := round > 0
		for _, target := range []string{"deps", "app"} {
			r := l.run(t, apart, l.Token(mainRef), "INPUT_TARGET="+target)
			if strings.Contains(r.said(), cached) != found || strings.Contains(r.said(), " ran 2\n") == found {
				t.Errorf("the stage %s is in the cache, want %t\n%s", target, found, r.said())
			}
		}
	}
	var indexes []string
	for _, e := range l.Entries() {
		if name, found := strings.CutPrefix(e.Key, "index-slipway-ghcr.io/octo/repo-"); found {
			indexes = append(indexes, strings.SplitAfterN(name, "-", 3)[0])
		}
	}
	if want := []string{"deps-", "app-", "deps-", "app-"}; !slices.Equal(indexes, want) {
		t.Errorf("indexes %q, want %q", indexes, want)
	}
}

// TestGitHubCacheByLine takes the cache with cache-from and cache-to, whose export
// must succeed, and of an Enterprise Server, with its protocol.
func TestGitHubCacheByLine(t *testing.T) {
	t.Parallel()
	l := newCacheLab(t, testenv.Fault{Path: "/CreateCacheEntry", First: 100, Answer: testenv.Answer{Status: 500, Body: "{}"}})
	lines := []string{"INPUT_CACHE=", "INPUT_CACHE-FROM=type=gha,scope=mine", "INPUT_CACHE-TO=type=gha,scope=mine,mode=max"}
	l.run(t, twoStages, l.Token(mainRef), lines...).mustSay(depsRan)
	l.run(t, twoStages, l.Token(mainRef), lines...).mustFind()
	l.run(t, twoStages, l.Token(mainRef), "INPUT_CACHE=", "INPUT_CACHE-FROM=type=gha,scope=other").mustSay(depsRan)
	own := append([]string{"GITHUB_SERVER_URL=https://git.example.com", "ACTIONS_CACHE_URL=" + l.URL, "ACTIONS_RESULTS_URL="}, lines...)
	l.run(t, twoStages, l.Token(releaseRef), own...).mustSay(depsRan)
	l.run(t, twoStages, l.Token(releaseRef), own...).mustFind()
	if !slices.ContainsFunc(l.Requests(), func(r testenv.ProxyRequest) bool { return strings.HasPrefix(r.Path, "/_apis/artifactcache/") }) {
		t.Error("nothing was asked in version 1")
	}

	full := newCacheLab(t, testenv.Fault{Path: "/CreateCacheEntry", Answer: testenv.Answer{Status: 500, Body: "{}"}})
	r := start(t, full.step(twoStages, full.Token(mainRef), lines...))
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error::exporting the build cache: ", "with ignore-error=true in its line of cache-to")
}

// TestGitHubCacheOnEngines exports with the BuildKit of an engine. One with a graph
// driver cannot.
func TestGitHubCacheOnEngines(t *testing.T) {
	t.Parallel()
	l := newCacheLab(t)
	env := func(options testenv.EngineOptions) []string {
		engine := testenv.NewEngine(t, options)
		engine.Forward(t, l.Host)
		engine.Forward(t, l.registry)
		return []string{"INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host}
	}
	containerd := env(testenv.EngineOptions{})
	l.run(t, twoStages, l.Token(mainRef), containerd...).mustSay(depsRan, exporting)
	l.run(t, twoStages, l.Token(mainRef)).mustFind()
	graph := env(testenv.EngineOptions{GraphDriver: true})
	r := start(t, l.step(twoStages, l.Token(mainRef), graph...))
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("it exports no cache of type gha, only inline; it imports no cache of type gha", "it could be done with builder: container")
	r = l.run(t, twoStages, l.Token(mainRef), append(graph, "INPUT_BUILDER=auto")...)
	r.mustFind()
	r.mustSay("Not building with ", "it exports no cache of type gha", "Building with buildkitd as a child process")
}
