package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// service is the cache that GitHub's runner has.
func service() inputs.CacheService {
	return inputs.CacheService{URL: "https://results/", Version: 2, Token: "ey.t0ken", Machine: "X64"}
}

func auto(change func(*inputs.Inputs)) inputs.Inputs {
	in := inputs.Inputs{AutoCache: true, CacheService: service(), Workspace: "/w", Dockerfile: "/w/Dockerfile"}
	if change != nil {
		change(&in)
	}
	return in
}

// The cache is imported by every run, and exported by those that others read.
func TestAutoCacheOfEvents(t *testing.T) {
	t.Parallel()
	event := func(name, ref string) plan.Facts {
		f := pushOf(ref)
		f.Event, f.Tree.Own = name, true
		return f
	}
	target := pullOf(12, "stranger/hello-world")
	target.Event, target.Tree = "pull_request_target", plan.Tree{Own: true}
	strange := target
	strange.Tree = plan.Tree{}
	readOnly := service()
	readOnly.ReadOnly = true
	cases := map[string]struct {
		f    plan.Facts
		in   inputs.Inputs
		says string // why nothing is exported; empty where it is
	}{
		"the default branch":      {pushOf("refs/heads/main"), auto(nil), ""},
		"another branch":          {pushOf("refs/heads/feature"), auto(nil), ""},
		"by hand, not published":  {event("workflow_dispatch", "refs/heads/main"), auto(func(in *inputs.Inputs) { in.Push = inputs.PushFalse }), ""},
		"a schedule":              {event("schedule", "refs/heads/main"), auto(nil), ""},
		"a tag":                   {pushOf("refs/tags/v1.2.3"), auto(nil), "a tag uses the cache of the default branch"},
		"a release":               {event("release", "refs/tags/v1.2.3"), auto(nil), "a tag uses the cache of the default branch"},
		"a pull request":          {pullFrom("Octo/Hello-World"), auto(nil), "pull requests use the cache of their base branch"},
		"a fork":                  {pullFrom("stranger/hello-world"), auto(nil), "pull requests use the cache of their base branch"},
		"pull_request_target":     {target, auto(nil), "pull requests use the cache of their base branch"},
		"a stranger's files":      {strange, auto(func(in *inputs.Inputs) { in.AllowUntrustedHead = true }), "the files that are built are not this repository's"},
		"a merge group":           {event("merge_group", "refs/heads/gh-readonly-queue/main/pr-1"), auto(nil), "merge groups use"},
		"a comment":               {event("issue_comment", "refs/heads/main"), auto(nil), "runs for the event issue_comment only import"},
		"Dependabot":              {byDependabot(), auto(nil), "runs of Dependabot only import"},
		"a run that may not":      {pushOf("refs/heads/main"), auto(func(in *inputs.Inputs) { in.CacheService = readOnly }), "ACTIONS_CACHE_MODE is read"},
		"cache-to has it already": {pushOf("refs/heads/main"), auto(func(in *inputs.Inputs) { in.CacheTo = []inputs.Cache{mine(autoScope)} }), "nothing more than cache-to does"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p, err := plan.New(c.in, c.f)
			if err != nil {
				t.Fatal(err)
			}
			from := attrs{"scope": autoScope, "timeout": "20s", "url_v2": "https://results/", "version": "2"}
			if len(p.Build.CacheFrom) != 1 || !cmp.Equal(from, p.Build.CacheFrom[0].Attrs) || p.Build.CacheFrom[0].Secrets["token"].Reveal() != "ey.t0ken" {
				t.Errorf("it imports %+v, want %v", p.Build.CacheFrom, from)
			}
			exports := len(p.Build.CacheTo) - len(c.in.CacheTo)
			said := slices.ContainsFunc(p.Remarks, func(remark string) bool {
				return strings.HasPrefix(remark, "cache: auto exports nothing") && strings.Contains(remark, c.says)
			})
			if (exports == 0) != (c.says != "") || said != (c.says != "") {
				t.Errorf("%d exports, remarks %q, want %q", exports, p.Remarks, c.says)
			}
			if exports > 0 {
				to := attrs{"scope": autoScope, "timeout": "2m", "url_v2": "https://results/", "version": "2", "mode": "max", "ignore-error": "true"}
				if diff := cmp.Diff(to, p.Build.CacheTo[0].Attrs); diff != "" {
					t.Errorf("it exports, -want +got:\n%s", diff)
				}
			}
			if types := p.Needs().CacheFrom; !slices.Equal(types, []inputs.CacheType{inputs.CacheGitHub}) {
				t.Errorf("it needs %v", types)
			}
		})
	}
}

// autoScope is that of the repository's own image. With another one everybody's cache
// would be new.
const autoScope = "slipway-ghcr.io/octo/hello-world-X64-92b56e9d"

func mine(scope string) inputs.Cache {
	return inputs.Cache{Type: inputs.CacheGitHub, Attrs: attrs{"scope": scope}}
}

// What differs in anything but its commit has a cache of its own, under a key that
// GitHub takes.
func TestAutoCacheScopes(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*inputs.Inputs){
		"":                func(*inputs.Inputs) {},
		"image":           func(in *inputs.Inputs) { in.Images = []string{"other"} },
		"target":          func(in *inputs.Inputs) { in.Target = "test" },
		"machine":         func(in *inputs.Inputs) { in.CacheService.Machine = "ARM64" },
		"platform":        func(in *inputs.Inputs) { in.Platforms = []v1.Platform{arm64} },
		"platforms":       func(in *inputs.Inputs) { in.Platforms = two },
		"Dockerfile":      func(in *inputs.Inputs) { in.Dockerfile = "/w/a,b/Dockerfile" },
		"long Dockerfile": func(in *inputs.Inputs) { in.Dockerfile = "/w/" + strings.Repeat("long/", 100) },
	}
	seen := map[string]string{}
	for what, change := range changes {
		p, err := plan.New(auto(change), pushOf("refs/heads/main"))
		if err != nil {
			t.Fatal(err)
		}
		scope := p.Build.CacheTo[0].Scope()
		if other, twice := seen[scope]; twice {
			t.Errorf("with another %q and another %q the scope is %s", what, other, scope)
		}
		if seen[scope] = what; strings.Contains(scope, ",") || len(scope) > 400 {
			t.Errorf("the scope is %q", scope)
		}
	}
	for _, same := range []func(*inputs.Inputs){
		func(in *inputs.Inputs) { in.Workspace, in.Dockerfile = "/v", "/v/Dockerfile" },
		func(in *inputs.Inputs) { in.Tags = rules(t, "1.2.3") },
		func(in *inputs.Inputs) { in.BuildArgs = map[string]string{"COMMIT": commitSHA} },
		func(in *inputs.Inputs) { in.Images = []string{"hello-world", "other"} },
	} {
		if p, err := plan.New(auto(same), pushOf("refs/heads/main")); err != nil || p.Build.CacheTo[0].Scope() != autoScope {
			t.Errorf("New = %v, %v, want the scope %s", p.Build.CacheTo, err, autoScope)
		}
	}
	swapped, err := plan.New(auto(func(in *inputs.Inputs) { in.Platforms = []v1.Platform{two[1], two[0]} }), pushOf("refs/heads/main"))
	if err != nil || seen[swapped.Build.CacheTo[0].Scope()] != "platforms" {
		t.Errorf("platforms in another order have another scope, or %v", err)
	}
}

// Where there is nothing to use the log says so, and caches of the user's own stay.
func TestAutoCacheBesideOthers(t *testing.T) {
	t.Parallel()
	registry := inputs.Cache{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "ghcr.io/octo/hello-world:cache"}}
	nodes := []inputs.Node{{Address: "tcp://a:1", Platforms: []v1.Platform{amd64}}, {Address: "tcp://b:1", Platforms: []v1.Platform{arm64}}}
	cases := map[string]struct {
		in       inputs.Inputs
		from, to int
		remark   string
	}{
		"no input":           {auto(func(in *inputs.Inputs) { in.AutoCache = false }), 0, 0, ""},
		"no runner":          {auto(func(in *inputs.Inputs) { in.CacheService.Missing = []string{"A", "B"} }), 0, 0, "cache: auto has nothing to use: it is for GitHub's runner, and A and B are not set"},
		"no URL":             {auto(func(in *inputs.Inputs) { in.CacheService.Missing = []string{"A"} }), 0, 0, "and A is not set"},
		"a farm":             {auto(func(in *inputs.Inputs) { in.Nodes = nodes }), 0, 0, "cache: auto does nothing: each node of the farm keeps its own cache"},
		"a farm of one":      {auto(func(in *inputs.Inputs) { in.Nodes = nodes[:1] }), 1, 1, ""},
		"a registry":         {auto(func(in *inputs.Inputs) { in.CacheFrom, in.CacheTo = []inputs.Cache{registry}, []inputs.Cache{registry} }), 2, 2, ""},
		"another scope":      {auto(func(in *inputs.Inputs) { in.CacheFrom = []inputs.Cache{mine("mine")} }), 2, 1, ""},
		"the same to import": {auto(func(in *inputs.Inputs) { in.CacheFrom = []inputs.Cache{mine(autoScope)} }), 1, 1, "cache: auto imports nothing more than cache-from does"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p, err := plan.New(c.in, pushOf("refs/heads/main"))
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Build.CacheFrom) != c.from || len(p.Build.CacheTo) != c.to {
				t.Errorf("from %v to %v, want %d and %d", p.Build.CacheFrom, p.Build.CacheTo, c.from, c.to)
			}
			if said := strings.Join(p.Remarks, "\n"); (said == "") != (c.remark == "") || !strings.Contains(said, c.remark) {
				t.Errorf("remarks %q, want %q", p.Remarks, c.remark)
			}
		})
	}
}

// A line of type=gha is exported as it says, also by a fork, whose cache GitHub
// keeps from other runs; but not a stranger's files in a run with rights.
func TestGitHubsCacheByLine(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{CacheTo: []inputs.Cache{mine("s")}, CacheService: service(), AllowUntrustedHead: true}
	strange := pullOf(12, "stranger/hello-world")
	strange.Event = "pull_request_target"
	for _, c := range []struct {
		f        plan.Facts
		readOnly bool
		remark   string
	}{
		{pullFrom("stranger/hello-world"), false, ""},
		{pushOf("refs/tags/v1"), false, ""},
		{strange, false, "No cache of type gha is exported: the files that are built"},
		{pushOf("refs/heads/main"), true, "No cache of type gha is exported: GitHub lets this run only read the cache"},
	} {
		in.CacheService.ReadOnly = c.readOnly
		p, err := plan.New(in, c.f)
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(p.Remarks, "\n"); (len(p.Build.CacheTo) == 1) != (c.remark == "") || !strings.Contains(said, c.remark) {
			t.Errorf("it exports to %v with remarks %q, want %q", p.Build.CacheTo, p.Remarks, c.remark)
		}
	}
}

// BuildKit speaks the protocol since 0.20, which Docker 28 has.
func TestGitHubsCacheOfVersions(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]struct {
		can  plan.Capabilities
		want bool
	}{
		"0.19":      {plan.BuildKitOf("v0.19.0"), false},
		"0.20":      {plan.BuildKitOf("v0.20.0"), true},
		"Docker 27": {plan.ContainerdEngineOf("1.47"), false},
		"Docker 28": {plan.ContainerdEngineOf("1.48"), true},
	} {
		from, to := slices.Contains(c.can.CacheFrom, inputs.CacheGitHub), slices.Contains(c.can.CacheTo, inputs.CacheGitHub)
		if from != c.want || to != c.want {
			t.Errorf("%s imports: %t, exports: %t, want %t", title, from, to, c.want)
		}
	}
}
