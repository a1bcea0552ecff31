package plan_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/docker/go-units"
	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
)

func git(where string) source.Source { return source.Source{Kind: source.Git, Where: where} }

const (
	ownURL   = "https://github.com/Octo/Hello-World.git"
	forkURL  = "https://github.com/stranger/hello-world.git"
	ghToken  = "ghs_0123456789abcdef0123456789abcdef0123"
	ghSecret = "GIT_AUTH_TOKEN.github.com"
)

func TestDefaultContext(t *testing.T) {
	t.Parallel()
	own := source.Source{Kind: source.Default}
	sub := source.Source{Kind: source.Default, Where: "sub/dir"}
	in := inputs.Inputs{Workspace: "/w", Remote: &sub, Dockerfile: "Dockerfile", Contexts: []inputs.NamedContext{{Name: "all", Source: own}}}
	got, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	if want := ownURL + "#" + commitSHA + ":sub/dir"; got.Build.Remote != want || got.Build.RemoteCopy != "/w/sub/dir" {
		t.Errorf("the context is %q beside %q, want %q", got.Build.Remote, got.Build.RemoteCopy, want)
	}
	if diff := cmp.Diff([]inputs.NamedContext{{Name: "all", Source: git(ownURL + "#" + commitSHA)}}, got.Build.Contexts); diff != "" {
		t.Errorf("named contexts, -want +got:\n%s", diff)
	}
	_, err = plan.New(in, plan.Facts{Repository: "octo/a", ServerURL: "https://github.com"})
	wantRefusal(t, err, "deciding what {{defaultContext}} is", "is not known")
}

// The token goes to the run's own server and to no other, never in a URL.
func TestGitToken(t *testing.T) {
	t.Parallel()
	own := source.Source{Kind: source.Default}
	target := targetFrom("stranger/hello-world", headSHA)
	cases := map[string]struct {
		in   inputs.Inputs
		f    plan.Facts
		want map[string]inputs.Secret
	}{
		"the run's own repository":  {inputs.Inputs{Remote: &own, Token: ghToken}, pushOf("refs/heads/main"), map[string]inputs.Secret{ghSecret: ghToken}},
		"another on the server":     {inputs.Inputs{Remote: new(git("https://github.com/octo/b.git#main")), Token: ghToken}, pushOf("refs/heads/main"), map[string]inputs.Secret{ghSecret: ghToken}},
		"a named context":           {inputs.Inputs{Contexts: []inputs.NamedContext{{Name: "b", Source: git("https://github.com/octo/b.git")}}, Token: ghToken}, pushOf("refs/heads/main"), map[string]inputs.Secret{ghSecret: ghToken}},
		"another server":            {inputs.Inputs{Remote: new(git("https://gitlab.com/octo/b.git")), Token: ghToken}, pushOf("refs/heads/main"), nil},
		"a host that begins alike":  {inputs.Inputs{Remote: new(git("https://github.com.evil.example/octo/b.git")), Token: ghToken}, pushOf("refs/heads/main"), nil},
		"a port of the server's":    {inputs.Inputs{Remote: new(git("https://github.com:8443/octo/b.git")), Token: ghToken}, pushOf("refs/heads/main"), nil},
		"without encryption":        {inputs.Inputs{Remote: new(git("http://github.com/octo/b.git")), Token: ghToken}, pushOf("refs/heads/main"), nil},
		"over ssh":                  {inputs.Inputs{Remote: new(git("git@github.com:octo/b.git")), Token: ghToken}, pushOf("refs/heads/main"), nil},
		"an archive":                {inputs.Inputs{Remote: &source.Source{Kind: source.URL, Where: "https://github.com/octo/b/archive/main.tar.gz"}, Token: ghToken}, pushOf("refs/heads/main"), nil},
		"a directory":               {inputs.Inputs{Context: "/w", Token: ghToken}, pushOf("refs/heads/main"), nil},
		"no token":                  {inputs.Inputs{Remote: &own}, pushOf("refs/heads/main"), nil},
		"another registry's":        {inputs.Inputs{Remote: &own, Registry: "quay.io", Username: "u", Token: "password"}, pushOf("refs/heads/main"), nil},
		"one's own":                 {inputs.Inputs{Remote: &own, Token: ghToken, Secrets: map[string]inputs.Secret{ghSecret: "mine"}}, pushOf("refs/heads/main"), map[string]inputs.Secret{ghSecret: "mine"}},
		"one's own for every host":  {inputs.Inputs{Remote: &own, Token: ghToken, Secrets: map[string]inputs.Secret{"GIT_AUTH_TOKEN": "mine"}}, pushOf("refs/heads/main"), map[string]inputs.Secret{"GIT_AUTH_TOKEN": "mine"}},
		"beside another secret":     {inputs.Inputs{Remote: &own, Token: ghToken, Secrets: map[string]inputs.Secret{"a": "b"}}, pushOf("refs/heads/main"), map[string]inputs.Secret{"a": "b", ghSecret: ghToken}},
		"a stranger's, allowed":     {inputs.Inputs{Remote: new(git(forkURL + "#" + headSHA)), Token: ghToken, AllowUntrustedHead: true}, target, nil},
		"a fork's, without secrets": {inputs.Inputs{Remote: &own, Token: ghToken}, pullFrom("stranger/hello-world"), map[string]inputs.Secret{ghSecret: ghToken}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			before := len(c.in.Secrets)
			got, err := plan.New(c.in, c.f)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(reveal(c.want), reveal(got.Build.Secrets)); diff != "" {
				t.Errorf("secrets, -want +got:\n%s", diff)
			}
			if strings.Contains(got.Build.Remote, ghToken) || len(c.in.Secrets) != before {
				t.Errorf("the token is in %q or %v", got.Build.Remote, c.in.Secrets)
			}
		})
	}
}

func reveal(secrets map[string]inputs.Secret) map[string]string {
	shown := map[string]string{}
	for id, secret := range secrets {
		shown[id] = secret.Reveal()
	}
	return shown
}

// movedSHA is a commit of the repository that is not the run's.
const movedSHA = "abcdefabcdefabcdefabcdefabcdefabcdefabcd"

// What a builder fetches is a stranger's unless it is a commit of the run's own
// repository, by its full name, and not of a fork.
func TestFetchedTree(t *testing.T) {
	t.Parallel()
	f := targetFrom("stranger/hello-world", "")
	own := plan.Tree{Own: true}
	known := func(commit string) error {
		if commit == commitSHA || commit == movedSHA {
			return nil
		}
		return errors.New("it is in no branch")
	}
	cases := map[string]struct {
		fetched []source.Source
		want    plan.Tree
	}{
		"nothing":                {nil, own},
		"the default":            {[]source.Source{{Kind: source.Default, Where: "sub"}}, own},
		"the run's commit":       {[]source.Source{git(ownURL + "#" + commitSHA)}, own},
		"a branch's head":        {[]source.Source{git(ownURL + "#" + movedSHA)}, own},
		"in another case":        {[]source.Source{git("https://github.com/octo/hello-world.git#" + commitSHA + ":sub")}, own},
		"by its checksum":        {[]source.Source{git(ownURL + "?ref=main&checksum=" + commitSHA)}, own},
		"by its option":          {[]source.Source{git(ownURL + "?ref=" + commitSHA)}, own},
		"the default branch":     {[]source.Source{git(ownURL)}, plan.Tree{URL: ownURL}},
		"a branch":               {[]source.Source{git(ownURL + "#main")}, plan.Tree{URL: ownURL}},
		"the pull request's ref": {[]source.Source{git(ownURL + "#refs/pull/12/head")}, plan.Tree{URL: ownURL}},
		"its head":               {[]source.Source{git(ownURL + "#" + headSHA)}, plan.Tree{URL: ownURL, Head: headSHA, Why: "it is in no branch"}},
		"part of the name":       {[]source.Source{git(ownURL + "#" + commitSHA[:12])}, plan.Tree{URL: ownURL}},
		"another checksum":       {[]source.Source{git(ownURL + "?checksum=" + headSHA + "#" + commitSHA)}, plan.Tree{URL: ownURL, Head: headSHA, Why: "it is in no branch"}},
		"the fork":               {[]source.Source{git(forkURL + "#" + commitSHA)}, plan.Tree{URL: forkURL, Head: commitSHA}},
		"another server":         {[]source.Source{git("https://evil.example/Octo/Hello-World.git#" + commitSHA)}, plan.Tree{URL: "https://evil.example/Octo/Hello-World.git", Head: commitSHA}},
		"without encryption":     {[]source.Source{git("http://github.com/Octo/Hello-World.git#" + commitSHA)}, plan.Tree{URL: "http://github.com/Octo/Hello-World.git", Head: commitSHA}},
		"an archive":             {[]source.Source{{Kind: source.URL, Where: "https://a.example/a.tar?sig=1"}}, plan.Tree{URL: "https://a.example/a.tar"}},
		"the second":             {[]source.Source{git(ownURL + "#" + commitSHA), git(forkURL)}, plan.Tree{URL: forkURL}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got := plan.FetchedTree(f, c.fetched, known)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Fatalf("FetchedTree, -want +got:\n%s", diff)
			}
			run := f
			run.Tree = got
			_, err := plan.New(inputs.Inputs{}, run)
			if got.Own {
				if err != nil {
					t.Errorf("New = %v, want it built", err)
				}
				return
			}
			wantRefusal(t, err, "the context "+got.URL+" is not that of this run's own commit", "allow-untrusted-head: true")
		})
	}
}

// What each kind of builder lacks for the options of a build.
func TestLacksOfABuild(t *testing.T) {
	t.Parallel()
	kinds := map[string]plan.Capabilities{
		"BuildKit": plan.BuildKitOf("v0.33.1"), "BuildKit 0.13": plan.BuildKitOf("v0.13.0"), "BuildKit 0.10": plan.BuildKitOf(""),
		"containerd": plan.ContainerdEngineOf("1.52"), "graph driver": plan.GraphDriverEngineOf("1.52"), "Docker 20.10": plan.GraphDriverEngineOf("1.41"),
	}
	gateway := kinds["containerd"]
	gateway.HostGateway = "172.17.0.1"
	kinds["containerd"] = gateway
	const noGateway = "it does not say which address host-gateway is; Docker engines do since version 24"
	const noQuery = "it does not know the options of a git URL after a question mark (URL#REF:SUBDIRECTORY it knows)"
	const noChecks = "its Dockerfile frontend has no checks (BuildKit 0.14 and Docker 27 have)"
	const noOutline = "its Dockerfile frontend knows no outline (that of BuildKit 0.11 and Docker 24 does)"
	cases := map[string]struct {
		build plan.Build
		want  map[string]string
	}{
		"nothing":          {plan.Build{}, nil},
		"a repository":     {plan.Build{Remote: ownURL + "#main"}, nil},
		"a subdirectory":   {plan.Build{Remote: ownURL + "#main:sub"}, map[string]string{"BuildKit 0.10": "it takes no subdirectory of a repository", "Docker 20.10": "it takes no subdirectory of a repository"}},
		"with options":     {plan.Build{Remote: ownURL + "?ref=main"}, map[string]string{"BuildKit 0.13": noQuery, "BuildKit 0.10": noQuery, "Docker 20.10": noQuery}},
		"an archive":       {plan.Build{Remote: "https://a.example/a.tar?sig=1"}, nil},
		"a named context":  {plan.Build{Contexts: []inputs.NamedContext{{Name: "a"}}}, map[string]string{"BuildKit 0.10": "it silently drops named contexts (a)", "Docker 20.10": "it silently drops named contexts (a)"}},
		"an OCI layout":    {plan.Build{Contexts: []inputs.NamedContext{{Name: "a", Source: source.Source{Kind: source.Layout}}}}, map[string]string{"BuildKit 0.10": "it silently drops named contexts (a)", "Docker 20.10": "it silently drops named contexts (a)", "graph driver": "it reads no OCI layouts (a)"}},
		"a check":          {plan.Build{Call: inputs.CallCheck}, map[string]string{"BuildKit 0.13": noChecks, "BuildKit 0.10": noChecks, "Docker 20.10": noChecks}},
		"an outline":       {plan.Build{Call: inputs.CallOutline}, map[string]string{"BuildKit 0.10": noOutline, "Docker 20.10": noOutline}},
		"a build":          {plan.Build{Call: inputs.CallBuild}, nil},
		"limits":           {plan.Build{Sandbox: inputs.Sandbox{ShmSize: 1, CgroupParent: "a", Ulimits: []units.Ulimit{{}}}}, map[string]string{"BuildKit 0.10": "it silently drops cgroup-parent, shm-size, ulimit", "Docker 20.10": "it silently drops cgroup-parent, shm-size, ulimit"}},
		"a host":           {plan.Build{Sandbox: inputs.Sandbox{Hosts: []inputs.Host{{Name: "a", Address: netip.MustParseAddr("::1")}}}}, nil},
		"the host gateway": {plan.Build{Sandbox: inputs.Sandbox{Hosts: []inputs.Host{{Name: "a"}}}}, map[string]string{"BuildKit": noGateway, "BuildKit 0.13": noGateway, "BuildKit 0.10": noGateway, "graph driver": noGateway, "Docker 20.10": noGateway}},
	}
	for title, c := range cases {
		for kind, capabilities := range kinds {
			if got := capabilities.Lacks(plan.Plan{Build: c.build}.Needs()); got != c.want[kind] {
				t.Errorf("%s with %s lacks %q, want %q", kind, title, got, c.want[kind])
			}
		}
	}
	child := plan.BuildKit()
	child.Git = false
	if got := child.Lacks(plan.Plan{Build: plan.Build{Remote: "git@github.com:octo/a.git"}}.Needs()); !strings.Contains(got, "it has no git") {
		t.Errorf("a builder without git lacks %q", got)
	}
}
