package plan_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
)

// GitHub's token, which the input has by default, goes to GitHub's registries
// and to no other, nor to what listens on loopback: it may be the builder's.
func TestGitHubTokenStaysWithGitHub(t *testing.T) {
	t.Parallel()
	const github = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
	cases := map[string]struct {
		registry, token string
		push            inputs.Push
		server          string
		want            string // the password; "refused" for an error
	}{
		"the default":                 {"", github, inputs.PushAuto, "https://github.com", github},
		"ghcr.io by name":             {"ghcr.io", github, inputs.PushAuto, "https://github.com", github},
		"the old registry":            {"docker.pkg.github.com", github, inputs.PushAuto, "https://github.com", github},
		"an Enterprise server's":      {"", github, inputs.PushAuto, "https://git.example.com", github},
		"its docker registry":         {"docker.git.example.com", github, inputs.PushAuto, "https://git.example.com", github},
		"data residency":              {"containers.octo.ghe.com", github, inputs.PushAuto, "https://octo.ghe.com", github},
		"this machine, or another":    {"127.0.0.1:5000", github, inputs.PushAuto, "https://github.com", ""},
		"somebody else's":             {"registry.example.com", github, inputs.PushAuto, "https://github.com", "refused"},
		"a personal token":            {"registry.example.com", "ghp_x", inputs.PushAuto, "https://github.com", "refused"},
		"a name that ends like ours":  {"evilghcr.io", github, inputs.PushAuto, "https://github.com", "refused"},
		"nothing is pushed there":     {"registry.example.com", github, inputs.PushFalse, "https://github.com", ""},
		"somebody else's, own secret": {"registry.example.com", "secret", inputs.PushAuto, "https://github.com", "secret"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := pushOf("refs/heads/main")
			f.ServerURL = c.server
			got, err := plan.New(inputs.Inputs{Registry: c.registry, Token: inputs.Secret(c.token), Push: c.push}, f)
			if c.want == "refused" {
				if err == nil || !strings.Contains(err.Error(), "set the inputs token and username") || strings.Contains(err.Error(), c.token) {
					t.Errorf("New = %v, want advice without the token", err)
				}
				return
			}
			registry := cmp.Or(c.registry, packages.ServerAt(c.server).Container())
			if login := loginFor(got, registry); err != nil || login.Password.Reveal() != c.want {
				t.Errorf("%s gets %q, %v, want %q", registry, login.Password.Reveal(), err, c.want)
			}
		})
	}
}

// loginFor returns the login that a plan has for a host, or a zero one.
func loginFor(p plan.Plan, registry string) plan.Login {
	for _, login := range p.Logins {
		if login.Registry.RegistryStr() == registry {
			return login
		}
	}
	return plan.Login{}
}

// A builder that many share keeps a context's files by this key and does not
// look into them: a pull request must not be able to fill main's.
func TestPullRequestsHaveFilesOfTheirOwn(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for name, f := range map[string]plan.Facts{
		"main":       pushOf("refs/heads/main"),
		"pull 1":     pullOf(1, "Octo/Hello-World"),
		"pull 2":     pullOf(2, "Octo/Hello-World"),
		"fork's 1":   pullOf(1, "stranger/hello-world"),
		"main again": pushOf("refs/heads/main"),
	} {
		p, err := plan.New(inputs.Inputs{Push: inputs.PushFalse, Context: "/github/workspace"}, f)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = p.Build.Key
	}
	if keys["main"] != keys["main again"] {
		t.Errorf("the key of main changes: %q and %q", keys["main"], keys["main again"])
	}
	delete(keys, "main again")
	seen := map[string]string{}
	for name, key := range keys {
		if other, twice := seen[key]; twice {
			t.Errorf("%s and %s share the key %q", name, other, key)
		}
		seen[key] = name
	}
}

func pullOf(number int, head string) plan.Facts {
	f := pushOf("refs/heads/main")
	f.Event = "pull_request"
	f.Pull = plan.Pull{Number: number, HeadRepository: head, HeadSHA: commitSHA}
	return f
}

// A commit whose time nobody knows is said, once.
func TestUnknownCommitTimeIsSaid(t *testing.T) {
	t.Parallel()
	f := pushOf("refs/heads/main")
	f.Actions, f.Commit.Time = true, f.Commit.Time.Truncate(0)
	p, err := plan.New(inputs.Inputs{}, f)
	if err != nil || len(p.Notices) != 0 {
		t.Errorf("notices %q, %v, want none where the time is known", p.Notices, err)
	}
	f.Commit = plan.Commit{SHA: commitSHA}
	p, err = plan.New(inputs.Inputs{}, f)
	if err != nil || len(p.Notices) != 1 || !strings.Contains(p.Notices[0], "time of the commit") {
		t.Errorf("notices %q, %v, want one about the time", p.Notices, err)
	}
	in := inputs.Inputs{BuildArgs: map[string]string{"SOURCE_DATE_EPOCH": "0"}}
	if p, err = plan.New(in, f); err != nil || len(p.Notices) != 0 {
		t.Errorf("notices %q, %v, want none where an argument says the time", p.Notices, err)
	}
}
