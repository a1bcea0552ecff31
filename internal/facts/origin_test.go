package facts

import (
	"net/url"
	"strings"
	"testing"
)

func TestOriginNamesServerAndRepository(t *testing.T) {
	t.Parallel()
	cases := []struct{ address, server, repository string }{
		{"https://github.com/Octo-Org/Hello-World", "https://github.com", "Octo-Org/Hello-World"},
		{"https://github.com/Octo-Org/Hello-World.git", "https://github.com", "Octo-Org/Hello-World"},
		{"https://github.com/Octo-Org/Hello-World/", "https://github.com", "Octo-Org/Hello-World"},
		{"https://x-access-token:ghs_secret@github.com/o/n.git", "https://github.com", "o/n"},
		{"https://ghs_secret@github.com/o/n", "https://github.com", "o/n"},
		{"http://github.example.com/o/n", "https://github.example.com", "o/n"},
		{"ssh://git@github.com/o/n.git", "https://github.com", "o/n"},
		{"ssh://git@github.example.com:2222/o/n.git", "https://github.example.com", "o/n"},
		{"https://github.com/o/.github", "https://github.com", "o/.github"},
		{"git+ssh://git@github.com/o/n.git", "https://github.com", "o/n"},
		{"git://github.com/o/n.git", "https://github.com", "o/n"},
		{"git@github.com:o/n.git", "https://github.com", "o/n"},
		{"git@github.com:o/n", "https://github.com", "o/n"},
		{"git@github.com:/o/n.git", "https://github.com", "o/n"},
		{"github.com:o/n.git", "https://github.com", "o/n"},
		{"org-123@github.com:o/n.js.git", "https://github.com", "o/n.js"},
		{"", "", ""},
		{"https://github.com", "", ""},
		{"https://github.com/o", "", ""},
		{"https://github.com/o/.git", "", ""},
		{"https://gitlab.com/group/subgroup/project.git", "", ""},
		{"git@gitlab.com:group/subgroup/project.git", "", ""},
		{"/srv/git/project.git", "", ""},
		{"/srv/git:hub/o/n", "", ""},
		{"./o/n:m", "", ""},
		{"../n.git", "", ""},
		{"o/n", "", ""},
		{"file:///srv/git/project.git", "", ""},
		{"file:///o/n.git", "", ""},
		{"file://localhost/o/n.git", "", ""},
		{"[git@github.com:22]:o/n.git", "", ""},
		{"a?b:o/n", "", ""},
		{"a#b:o/n", "", ""},
		{"a b:o/n", "", ""},
		{"git@github.com:o/n\n::error::", "", ""},
		{"git@github.com:o/n?x#y", "", ""},
		{"git@github.com:o/$(id)", "", ""},
		{"https://github.com/o/%0a", "", ""},
	}
	for _, c := range cases {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			server, repository := parseOrigin(c.address)
			if server != c.server || repository != c.repository {
				t.Errorf("parseOrigin(%q) = %q, %q, want %q, %q", c.address, server, repository, c.server, c.repository)
			}
		})
	}
}

func TestCheckoutTellsItsOrigin(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		remotes    [][]string
		server     string
		repository string
	}{
		{"none", nil, "", ""},
		{"another remote", [][]string{{"upstream", "https://github.com/o/n.git"}}, "", ""},
		{"origin and another", [][]string{{"upstream", "https://github.com/other/n.git"}, {"origin", "git@github.com:o/n.git"}}, "https://github.com", "o/n"},
		{"origin with a credential", [][]string{{"origin", "https://mona:ghs_secret@github.com/o/n.git"}}, "https://github.com", "o/n"},
		{"origin is a directory", [][]string{{"origin", "/srv/git/project.git"}}, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := newCheckout(t)
			for _, remote := range c.remotes {
				runGit(t, dir, "remote", "add", remote[0], remote[1])
			}
			got, err := Load(t.Context(), laptop(dir))
			if err != nil || got.ServerURL != c.server || got.Repository != c.repository {
				t.Errorf("Load: server %q, repository %q, error %v, want %q and %q", got.ServerURL, got.Repository, err, c.server, c.repository)
			}
		})
	}
}

func FuzzParseOrigin(f *testing.F) {
	for _, seed := range []string{
		"https://user:secret@github.com/o/n.git", "ssh://git@github.com:22/o/n", "git@github.com:o/n.git",
		"file:///o/n", "[::1]:o/n", "https://[::1]:8443/o/n", "a@b@c:o/n", "C:/o/n", ":o/n", "://", "%zz:o/n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		server, repository := parseOrigin(address)
		if (server == "") != (repository == "") {
			t.Fatalf("parseOrigin(%q) = %q, %q, want both or none", address, server, repository)
		}
		if server == "" {
			return
		}
		u, err := url.Parse(server)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || server != "https://"+u.Host {
			t.Errorf("parseOrigin(%q): server %q, want https and a host and nothing else: %v", address, server, err)
		}
		owner, name, _ := strings.Cut(repository, "/")
		if owner == "" || name == "" || strings.ContainsAny(repository, " \t\r\n?#%:@\\") || strings.Contains(name, "/") {
			t.Errorf("parseOrigin(%q): repository %q, want owner/name", address, repository)
		}
	})
}
