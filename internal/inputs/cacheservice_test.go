package inputs_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
)

// runner is what GitHub's runner tells a container action of the cache.
var runner = vars{"ACTIONS_RUNTIME_TOKEN": "ey.t0ken", "ACTIONS_RESULTS_URL": "https://results/", "ACTIONS_CACHE_URL": "https://cache/", "RUNNER_ARCH": "ARM64"}

func with(all ...vars) vars {
	joined := vars{}
	for _, some := range all {
		maps.Copy(joined, some)
	}
	return joined
}

// What a line does not say the runner does, and every line has the token, which is
// hidden.
func TestGitHubsCache(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	enterprise := with(runner, vars{"GITHUB_SERVER_URL": "https://git.example.com"})
	residency := with(runner, vars{"GITHUB_SERVER_URL": "https://octo.ghe.com"})
	v2 := attrs{"url_v2": "https://results/", "version": "2"}
	cases := map[string]struct {
		env   vars
		input string
		value string
		want  attrs
		token string
	}{
		"to import":                  {runner, "cache-from", "type=gha", v2, "ey.t0ken"},
		"with data residency":        {residency, "cache-from", "type=gha", v2, "ey.t0ken"},
		"on an Enterprise Server":    {enterprise, "cache-from", "type=gha", attrs{"url": "https://cache/", "version": "1"}, "ey.t0ken"},
		"with every option":          {runner, "cache-to", "type=gha,scope=s,mode=max,ignore-error=true,timeout=90s,repository=o/r,ghtoken=ghs_x", attrs{"scope": "s", "mode": "max", "ignore-error": "true", "timeout": "90s", "repository": "o/r", "url_v2": "https://results/", "version": "2"}, "ey.t0ken"},
		"version 1, which is meant":  {runner, "cache-to", "type=gha,version=1", attrs{"url": "https://cache/", "version": "1"}, "ey.t0ken"},
		"version 2 on a server":      {enterprise, "cache-to", "type=gha,version=2", v2, "ey.t0ken"},
		"a service of one's own":     {vars{}, "cache-to", "type=gha,url=https://own/,token=t", attrs{"url": "https://own/"}, "t"},
		"another URL, version 2":     {runner, "cache-to", "type=gha,url_v2=https://own/,version=2", attrs{"url_v2": "https://own/", "version": "2"}, "ey.t0ken"},
		"another token":              {runner, "cache-from", "type=gha,token=t", v2, "t"},
		"an Enterprise Server's own": {vars{"GITHUB_SERVER_URL": "https://git.example.com", "ACTIONS_CACHE_URL": "https://cache/"}, "cache-from", "type=gha,token=t", attrs{"url": "https://cache/", "version": "1"}, "t"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, with(c.env, vars{c.input: c.value}))
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Concat(in.CacheFrom, in.CacheTo)[0]
			if diff := cmp.Diff(c.want, got.Attrs); diff != "" || got.Type != inputs.CacheGitHub {
				t.Errorf("Parse(%s: %q), -want +got:\n%s", c.input, c.value, diff)
			}
			if token := got.Secrets["token"].Reveal(); token != c.token || !slices.Contains(in.CacheSecrets(), got.Secrets["token"]) {
				t.Errorf("the token is %q, want %q, and hidden", token, c.token)
			}
		})
	}
}

// The service is known where an input asks for it, and what it lacks is no mistake
// of cache: auto.
func TestAutoCache(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	whole := inputs.CacheService{URL: "https://results/", Version: 2, Token: "ey.t0ken", Machine: "ARM64"}
	readOnly := whole
	readOnly.ReadOnly = true
	cases := map[string]struct {
		env  vars
		auto bool
		want inputs.CacheService
	}{
		"nobody asks":             {runner, false, inputs.CacheService{}},
		"auto":                    {with(runner, vars{"cache": " auto "}), true, whole},
		"for reading":             {with(runner, vars{"cache": "auto", "ACTIONS_CACHE_MODE": "Read"}), true, readOnly},
		"of a line":               {with(runner, vars{"cache-from": "type=gha", "ACTIONS_CACHE_MODE": "read"}), false, readOnly},
		"no runner":               {vars{"cache": "auto"}, true, inputs.CacheService{Version: 2, Missing: []string{"ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL"}}},
		"a server without caches": {vars{"cache": "auto", "GITHUB_SERVER_URL": "https://git.example.com", "ACTIONS_RUNTIME_TOKEN": "t", "ACTIONS_RESULTS_URL": "u"}, true, inputs.CacheService{Version: 1, Token: "t", Missing: []string{"ACTIONS_CACHE_URL"}}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.env)
			if err != nil || in.AutoCache != c.auto {
				t.Fatalf("AutoCache = %t, %v, want %t", in.AutoCache, err, c.auto)
			}
			if diff := cmp.Diff(c.want, in.CacheService); diff != "" || in.CacheService.Token.Reveal() != c.want.Token.Reveal() {
				t.Errorf("CacheService, -want +got:\n%s", diff)
			}
			if !slices.Contains(in.CacheSecrets(), c.want.Token) {
				t.Error("its token is not hidden")
			}
		})
	}
}
