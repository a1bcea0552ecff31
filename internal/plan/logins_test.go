package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

const (
	runToken    = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
	classic     = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
	fineGrained = "github_pat_11AAAAAAA0abcdef"
	newSettings = "https://github.com/settings/tokens/new?scopes=write:packages"
)

// written is what a plan logs in with: user:password by host.
func written(p plan.Plan) map[string]string {
	all := map[string]string{}
	for _, login := range p.Logins {
		all[login.Registry.RegistryStr()] += login.Username + ":" + login.Password.Reveal()
	}
	return all
}

func TestLoginsOfSeveralRegistries(t *testing.T) {
	t.Parallel()
	long := inputs.Secret("ghs_12345_" + strings.Repeat("eyJhbGciOiJSUzI1NiJ9.", 40))
	hub := inputs.Login{Registry: "docker.io", Username: "bot", Password: "dckr_pat_1"}
	quay := inputs.Login{Registry: "quay.io", Username: "robot", Password: "q"}
	ghcr := inputs.Login{Registry: "ghcr.io", Username: "me", Password: classic}
	old := "octocat:" + runToken
	cases := map[string]struct {
		in     inputs.Inputs
		server string
		known  []string // of the Docker config
		want   map[string]string
	}{
		"nothing":                     {inputs.Inputs{}, "", nil, map[string]string{}},
		"GitHub's token":              {inputs.Inputs{Token: runToken}, "", nil, map[string]string{"ghcr.io": old, "docker.pkg.github.com": old}},
		"a token of 850 signs":        {inputs.Inputs{Token: long}, "", nil, map[string]string{"ghcr.io": "octocat:" + long.Reveal(), "docker.pkg.github.com": "octocat:" + long.Reveal()}},
		"an unknown token":            {inputs.Inputs{Token: "t0ken"}, "", nil, map[string]string{"ghcr.io": "octocat:t0ken"}},
		"an Enterprise server's":      {inputs.Inputs{Token: runToken}, "https://git.example.com", nil, map[string]string{"containers.git.example.com": old, "docker.git.example.com": old}},
		"data residency":              {inputs.Inputs{Token: runToken}, "https://octo.ghe.com", nil, map[string]string{"containers.octo.ghe.com": old, "docker.octo.ghe.com": old}},
		"a server on loopback":        {inputs.Inputs{Token: runToken}, "http://127.0.0.1:8080", nil, map[string]string{"containers.127.0.0.1:8080": old, "docker.127.0.0.1:8080": old}},
		"two more":                    {inputs.Inputs{Token: runToken, Logins: []inputs.Login{hub, quay}}, "", nil, map[string]string{"index.docker.io": "bot:dckr_pat_1", "quay.io": "robot:q", "ghcr.io": old, "docker.pkg.github.com": old}},
		"an entry in place of it":     {inputs.Inputs{Token: runToken, Logins: []inputs.Login{ghcr}}, "", nil, map[string]string{"ghcr.io": "me:" + classic, "docker.pkg.github.com": old}},
		"only entries":                {inputs.Inputs{Logins: []inputs.Login{hub}}, "", nil, map[string]string{"index.docker.io": "bot:dckr_pat_1"}},
		"the main one's entry":        {inputs.Inputs{Registry: "quay.io", Token: runToken, Logins: []inputs.Login{quay}}, "", nil, map[string]string{"quay.io": "robot:q", "ghcr.io": old, "docker.pkg.github.com": old}},
		"Docker Hub by another name":  {inputs.Inputs{Registry: "registry-1.docker.io", Token: runToken, Logins: []inputs.Login{hub}}, "", nil, map[string]string{"index.docker.io": "bot:dckr_pat_1", "ghcr.io": old, "docker.pkg.github.com": old}},
		"its own token, and GitHub's": {inputs.Inputs{Registry: "quay.io", Token: "q", Username: "robot"}, "", nil, map[string]string{"quay.io": "robot:q"}},
		"the same twice":              {inputs.Inputs{Registry: "quay.io", Token: "q", Logins: []inputs.Login{quay}}, "", nil, map[string]string{"quay.io": "robot:q"}},
		"the Docker config's":         {inputs.Inputs{Registry: "quay.io", Token: runToken}, "", []string{"quay.io"}, map[string]string{"ghcr.io": old, "docker.pkg.github.com": old}},
		"the Docker config's Hub":     {inputs.Inputs{Registry: "docker.io", Token: runToken}, "", []string{"registry-1.docker.io"}, map[string]string{"ghcr.io": old, "docker.pkg.github.com": old}},
		"inputs before the config":    {inputs.Inputs{Token: runToken}, "", []string{"ghcr.io"}, map[string]string{"ghcr.io": old, "docker.pkg.github.com": old}},
		"loopback":                    {inputs.Inputs{Registry: "localhost:5000", Token: runToken}, "", nil, map[string]string{"ghcr.io": old, "docker.pkg.github.com": old}},
		"loopback's own":              {inputs.Inputs{Registry: "localhost:5000", Token: "p"}, "", nil, map[string]string{"localhost:5000": "octocat:p"}},
		"loopback's entry":            {inputs.Inputs{Registry: "localhost:5000", Token: runToken, Logins: []inputs.Login{{Registry: "localhost:5000", Username: "u", Password: "p"}}}, "", nil, map[string]string{"localhost:5000": "u:p", "ghcr.io": old, "docker.pkg.github.com": old}},
		"a refused token, elsewhere":  {inputs.Inputs{Token: fineGrained, Images: []string{"quay.io/octo/app"}, Logins: []inputs.Login{quay}}, "", nil, map[string]string{"quay.io": "robot:q"}},
		"a registry not pushed to":    {inputs.Inputs{Registry: "quay.io", Token: runToken, Images: []string{"ghcr.io/octo/app"}}, "", nil, map[string]string{"ghcr.io": old, "docker.pkg.github.com": old}},
		"a refused token, no push":    {inputs.Inputs{Token: fineGrained, Push: inputs.PushFalse}, "", nil, map[string]string{}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := pushOf("refs/heads/main")
			f.Logins = strings.Join(c.known, " ")
			if c.server != "" {
				f.ServerURL = c.server
			}
			got, err := plan.New(c.in, f)
			if diff := cmp.Diff(c.want, written(got)); err != nil || diff != "" {
				t.Errorf("New = %v, logins -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestLoginsThatAreRefused(t *testing.T) {
	t.Parallel()
	entry := func(registry, username, password string) []inputs.Login {
		return []inputs.Login{{Registry: registry, Username: username, Password: inputs.Secret(password)}}
	}
	cases := map[string]struct {
		in   inputs.Inputs
		want []string
	}{
		"a fine-grained token":    {inputs.Inputs{Token: fineGrained}, []string{"logging in to ghcr.io: the input token is a fine-grained personal access token, which GitHub Packages does not accept", "leave it out", newSettings}},
		"a refresh token":         {inputs.Inputs{Token: "ghr_1"}, []string{"the input token is a refresh token", newSettings}},
		"one as an entry":         {inputs.Inputs{Token: runToken, Logins: entry("ghcr.io", "me", fineGrained)}, []string{"its password in registry-auth is a fine-grained", newSettings}},
		"another registry":        {inputs.Inputs{Registry: "quay.io", Token: runToken}, []string{"logging in to quay.io: the input token is GitHub's", "registry-auth"}},
		"an entry with GitHub's":  {inputs.Inputs{Logins: entry("quay.io", "me", runToken)}, []string{"logging in to quay.io", "a token of GitHub's, which no other registry accepts"}},
		"loopback with GitHub's":  {inputs.Inputs{Logins: entry("localhost:5000", "me", classic)}, []string{"logging in to localhost:5000"}},
		"two logins":              {inputs.Inputs{Registry: "quay.io", Token: "one", Logins: entry("quay.io", "me", "two")}, []string{"the input token and registry-auth give it different logins"}},
		"two users":               {inputs.Inputs{Registry: "quay.io", Token: "one", Username: "you", Logins: entry("quay.io", "me", "one")}, []string{"different logins"}},
		"an empty password":       {inputs.Inputs{Images: []string{"quay.io/octo/app"}, Logins: entry("quay.io", "me", "")}, []string{"its password in registry-auth is empty", "check that the secret"}},
		"an empty user":           {inputs.Inputs{Images: []string{"quay.io/octo/app"}, Logins: entry("quay.io", "", "p")}, []string{"its username in registry-auth is empty"}},
		"everything at once":      {inputs.Inputs{Registry: "quay.io", Token: runToken, Images: []string{"quay.io/octo/app", "ghcr.io/octo/app", "docker.io/octo/app"}, Logins: append(entry("index.docker.io", "u", ""), entry("ghcr.io", "u", fineGrained)...)}, []string{"logging in to index.docker.io", "logging in to ghcr.io", "logging in to quay.io"}},
		"with another mistake":    {inputs.Inputs{Registry: "quay.io", Token: runToken, Images: []string{"a b"}}, []string{"naming the image", "logging in to quay.io"}},
		"a name that is no host":  {inputs.Inputs{Logins: entry("https://x", "u", "p")}, []string{"correct its entry in registry-auth"}},
		"a name that ends so too": {inputs.Inputs{Registry: "evilghcr.io", Token: classic}, []string{"logging in to evilghcr.io"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := plan.New(c.in, pushOf("refs/heads/main"))
			if err == nil {
				t.Fatal("New = nil, want an error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("New = %v, want %q in it", err, want)
				}
			}
			for _, login := range append(c.in.Logins, inputs.Login{Password: c.in.Token}) {
				if len(login.Password) > 5 && strings.Contains(err.Error(), login.Password.Reveal()) {
					t.Errorf("New = %v, with the password", err)
				}
			}
		})
	}
}

// An entry whose secret does not exist is left out of a run that does not push to its
// registry, whichever that is, and the token is used as if the entry were not there.
func TestEmptyLoginsAreLeftOut(t *testing.T) {
	t.Parallel()
	githubs := map[string]string{"ghcr.io": "octocat:" + runToken, "docker.pkg.github.com": "octocat:" + runToken}
	cases := map[string]struct {
		in   inputs.Inputs
		says string
		want map[string]string
	}{
		"of base images":           {inputs.Inputs{Logins: []inputs.Login{{Registry: "docker.io", Username: "u"}}}, "the password of docker.io in registry-auth is empty, and the entry is left out", githubs},
		"without a user":           {inputs.Inputs{Logins: []inputs.Login{{Registry: "quay.io", Password: "p"}}}, "the username of quay.io in registry-auth is empty, and the entry is left out", githubs},
		"without anything":         {inputs.Inputs{Logins: []inputs.Login{{Registry: "quay.io"}}}, "the username of quay.io", githubs},
		"of what is not published": {inputs.Inputs{Push: inputs.PushFalse, Images: []string{"quay.io/octo/app"}, Logins: []inputs.Login{{Registry: "quay.io", Username: "u"}}}, "the password of quay.io", githubs},
		"of the token's registry":  {inputs.Inputs{Push: inputs.PushFalse, Logins: []inputs.Login{{Registry: "ghcr.io", Username: "u"}}}, "the password of ghcr.io", githubs},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c.in.Token = runToken
			got, err := plan.New(c.in, pushOf("refs/heads/main"))
			if diff := cmp.Diff(c.want, written(got)); err != nil || diff != "" {
				t.Fatalf("New = %v, logins -want +got:\n%s", err, diff)
			}
			if len(got.Notices) != 1 || !strings.HasPrefix(got.Notices[0], c.says) {
				t.Errorf("notices %q, want one that says %q", got.Notices, c.says)
			}
		})
	}
}

// A run that GitHub gives no secrets is green.
func TestLoginsOfAFork(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]plan.Facts{"fork": pullFrom("stranger/hello-world"), "Dependabot": byDependabot()} {
		got, err := plan.New(inputs.Inputs{Token: runToken, Logins: []inputs.Login{{Registry: "docker.io"}, {Registry: "quay.io", Username: "u"}, {Registry: "r.example.com", Username: "u", Password: "p"}}}, f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if logins := written(got); len(logins) != 3 || logins["r.example.com"] != "u:p" || len(got.Notices) != 2 || !strings.Contains(got.Notices[0], "docker.io") || !strings.Contains(got.Notices[1], "quay.io") {
			t.Errorf("%s: logins %v, notices %q, want a notice for each entry that is empty", name, logins, got.Notices)
		}
	}
}

func byDependabot() plan.Facts {
	f := pushOf("refs/heads/main")
	f.Actor = "dependabot[bot]"
	return f
}

// What is said of a token by its kind.
func TestNoticesAboutTokens(t *testing.T) {
	t.Parallel()
	main := pushOf("refs/heads/main")
	cases := map[string]struct {
		in   inputs.Inputs
		want string // of the one notice; empty: there is none
	}{
		"GITHUB_TOKEN":                     {inputs.Inputs{Token: runToken}, ""},
		"an OAuth app's":                   {inputs.Inputs{Token: "gho_1"}, ""},
		"a classic one":                    {inputs.Inputs{Token: classic}, "ghcr.io/octo/hello-world is pushed with a classic personal access token; GITHUB_TOKEN is enough"},
		"forty digits, which tell nothing": {inputs.Inputs{Token: "0123456789abcdef0123456789abcdef01234567"}, ""},
		"a classic one, another's":         {inputs.Inputs{Token: classic, Images: []string{"ghcr.io/other/app"}}, ""},
		"a classic one, nothing pushed":    {inputs.Inputs{Token: classic, Push: inputs.PushFalse}, ""},
		"a classic one as an entry":        {inputs.Inputs{Token: runToken, Logins: []inputs.Login{{Registry: "ghcr.io", Username: "me", Password: classic}}}, "permissions: packages: write"},
		"a user's by way of an app":        {inputs.Inputs{Token: "ghu_1"}, "GitHub does not say that its packages accept it"},
		"one that is not handed out":       {inputs.Inputs{Token: fineGrained, Push: inputs.PushFalse}, "ghcr.io is asked without a login"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(c.in, main)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(got.Notices, "\n"); (text == "") != (c.want == "") || !strings.Contains(text, c.want) || len(got.Notices) > 1 {
				t.Errorf("notices %q, want %q", got.Notices, c.want)
			}
		})
	}
}

// Whose login a registry gets is said where no input gives it.
func TestDockerConfigIsRemarkedOn(t *testing.T) {
	t.Parallel()
	f := pushOf("refs/heads/main")
	f.Logins = "quay.io ghcr.io"
	got, err := plan.New(inputs.Inputs{Token: runToken, Images: []string{"octo/app", "quay.io/octo/app", "quay.io/octo/more"}}, f)
	want := []string{"The login for quay.io is that of the Docker config"}
	if diff := cmp.Diff(want, got.Remarks); err != nil || diff != "" {
		t.Errorf("New = %v, remarks -want +got:\n%s", err, diff)
	}
}

// A host that nearly everybody knows is a slip of the pen, and gets no advice on
// how to log in there.
func TestLoginAtANearMiss(t *testing.T) {
	t.Parallel()
	main := pushOf("refs/heads/main")
	for title, in := range map[string]inputs.Inputs{
		"the default token": {Registry: "ghrc.io", Token: runToken},
		"an entry":          {Registry: "ghrc.io", Token: runToken, Logins: []inputs.Login{{Registry: "ghrc.io", Username: "me", Password: classic}}},
	} {
		_, err := plan.New(in, main)
		if err == nil || !strings.Contains(err.Error(), "did you mean ghcr.io?") {
			t.Errorf("%s: New = %v, want the host that was meant", title, err)
			continue
		}
		if strings.Contains(err.Error(), "username") || strings.Contains(err.Error(), "password of that registry") {
			t.Errorf("%s: the error asks for a login there: %v", title, err)
		}
	}
}

// A token of Docker Hub is no other registry's, and is refused before it is sent.
func TestDockerHubsTokenElsewhere(t *testing.T) {
	t.Parallel()
	for _, token := range []inputs.Secret{"dckr_pat_abcdefgh", "dckr_oat_abcdefgh"} {
		for title, in := range map[string]inputs.Inputs{
			"the default registry":          {Token: token},
			"another registry":              {Registry: "quay.io", Token: token},
			"an image of Docker Hub":        {Images: []string{"docker.io/octo/app"}, Token: token},
			"a registry on loopback":        {Registry: "localhost:5000", Token: token},
			"nothing pushed":                {Push: inputs.PushFalse, Token: token},
			"an entry for another registry": {Logins: []inputs.Login{{Registry: "quay.io", Username: "u", Password: token}}},
			"an entry for GitHub's":         {Logins: []inputs.Login{{Registry: "ghcr.io", Username: "u", Password: token}}},
		} {
			_, err := plan.New(in, pushOf("refs/heads/main"))
			wantRefusal(t, err, "Docker Hub", "not sent there", "`registry: docker.io`")
			if strings.Contains(err.Error(), token.Reveal()) {
				t.Errorf("%s: New = %q, want the token not shown", title, err)
			}
		}
		for title, in := range map[string]inputs.Inputs{
			"Docker Hub":              {Registry: "docker.io", Username: "octo", Token: token},
			"Docker Hub's other name": {Registry: "registry-1.docker.io", Username: "octo", Token: token},
			"its entry":               {Logins: []inputs.Login{{Registry: "docker.io", Username: "u", Password: token}}},
		} {
			if _, err := plan.New(in, pushOf("refs/heads/main")); err != nil {
				t.Errorf("%s: New = %v, want the token taken", title, err)
			}
		}
	}
}

// An image of another owner may be meant for Docker Hub.
func TestImageOfAnotherOwner(t *testing.T) {
	t.Parallel()
	says := "the image Acme/App goes to ghcr.io/acme/app, under an owner that is not this repository's; an image of Docker Hub is written docker.io/acme/app"
	for title, c := range map[string]struct {
		in   inputs.Inputs
		want string
	}{
		"another owner":      {inputs.Inputs{Images: []string{"Acme/App"}}, says},
		"the owner":          {inputs.Inputs{Images: []string{"octo/app"}}, ""},
		"a name alone":       {inputs.Inputs{Images: []string{"app"}}, ""},
		"a registry":         {inputs.Inputs{Registry: "quay.io", Images: []string{"Acme/App"}}, ""},
		"a host":             {inputs.Inputs{Images: []string{"ghcr.io/acme/app"}}, ""},
		"nothing is pushed":  {inputs.Inputs{Push: inputs.PushFalse, Images: []string{"Acme/App"}}, ""},
		"in outputs, a host": {inputs.Inputs{Pushed: inputs.Pushed{Names: []string{"ghcr.io/acme/app"}}}, ""},
	} {
		for _, f := range []plan.Facts{pushOf("refs/heads/main"), pullFrom("Octo/Hello-World")} {
			p, err := plan.New(c.in, f)
			if got := strings.Join(p.Notices, "\n"); err != nil || got != c.want {
				t.Errorf("%s on %s: notices %q, %v, want %q", title, f.Event, got, err, c.want)
			}
		}
	}
}
