package registry

import (
	"fmt"
	"net/http"

	"github.com/slipway-build/slipway/internal/packages"
)

// ofTokens are answers to tokens and passwords themselves.
func ofTokens() []entry {
	return []entry{
		{name: "another server's token", status: denials(), when: func(r refused) bool { return r.foreignServer() && !r.anonymous }, means: refused.otherServer},
		{name: "no login", status: denials(), when: func(r refused) bool { return r.ofLogin() && r.anonymous }, means: refused.noLogin},
		{name: "token not accepted", words: []string{"user cannot be authenticated with the token"}, means: refused.badToken},
		{name: "no token in the request", words: []string{"authentication token not provided", "invalid token"}, when: refused.onGitHubs, means: refused.badToken},
		{name: "login refused", status: denials(), when: func(r refused) bool { return r.ofLogin() && r.onGitHubs() }, means: refused.badToken},
		{name: "refused without a reason", status: denials(), when: func(r refused) bool { return r.onlyNo() && r.mayPush }, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s refuses this and does not say why, although it lets an upload to %s begin", r.host(), r.repo.RepositoryStr()),
				Why:  "a full quota, a tag that may not be moved, or a rule about images may be answered so",
				Do:   "look for the reason in the registry's own pages or log",
			}
		}},
		{name: "login not accepted", status: []int{http.StatusUnauthorized}, when: func(r refused) bool { return r.onlyNo() || !r.onGitHubs() && r.anonymous }, means: refused.noForeign},
		{name: "not allowed", status: []int{http.StatusForbidden}, when: refused.onlyNo, means: refused.noForeign},
	}
}

// onlyNo tells whether a registry that is not GitHub's has said no, and nothing of
// its own about it.
func (r refused) onlyNo() bool { return !r.onGitHubs() && r.reason() == "" && !r.page() }

// noLogin is about a registry that wants a login and was given none.
func (r refused) noLogin() Meaning {
	if r.pulling() {
		return r.hidden()
	}
	return Meaning{
		What: fmt.Sprintf("%s wants a login for %s, and there is none for this host", r.host(), r.repo.RepositoryStr()),
		Why:  "credentials go to the exact host that they are for; what docker login has written on the runner is not seen in a container action",
		Do:   r.passLogin(),
	}
}

// hidden is about what nobody without a login sees: registries say the same of what
// is not there.
func (r refused) hidden() Meaning {
	return Meaning{
		What: fmt.Sprintf("%s/%s does not exist, or is private", r.host(), r.repo.RepositoryStr()),
		Why:  fmt.Sprintf("%s was asked without a login, and does not tell which", r.host()),
		Do:   "check the name; where it is private, credentials go to the exact host that they are for, and what docker login has written on the runner is not seen in a container action: " + r.passLogin(),
	}
}

func (r refused) passLogin() string {
	return fmt.Sprintf("pass it:\nregistry-auth: |\n  - registry: %s\n    username: …\n    password: ${{ secrets.… }}", r.host())
}

// badToken is about a token that GitHub does not take, whatever it asks for.
func (r refused) badToken() Meaning {
	v := Meaning{
		What: fmt.Sprintf("%s does not accept the token", r.host()),
		Why:  "it has expired or was revoked, or it was copied with something missing; a job's own token ends with the job, after 6 hours on GitHub's runners",
		Do:   r.useOwn(),
	}
	if r.token == packages.FineGrained {
		v.Why = "it is a fine-grained personal access token, which GitHub Packages does not take"
	}
	return v
}

// noForeign is about registries other than GitHub's, on which a wrong password
// and a right one without this right look the same.
func (r refused) noForeign() Meaning {
	right := r.right()
	switch {
	case r.anonymous && (r.pulling() || r.Status == http.StatusUnauthorized):
		return r.noLogin()
	case r.anonymous:
		return Meaning{
			What: fmt.Sprintf("%s does not let anybody %s %s without a login", r.host(), right, r.repo.RepositoryStr()),
			Do:   r.passLogin(),
		}
	}
	v := Meaning{
		What: fmt.Sprintf("%s does not accept the user name and token for %s", r.host(), r.repo.RepositoryStr()),
		Do:   r.checkLogin(),
	}
	if r.onHub() && !r.pulling() && !r.ofLogin() {
		v.Why = "Docker Hub answers the same if the plan allows no further private repository, or if the name has more than two parts"
	}
	return v
}

// right is what was asked for, before the name of a repository.
func (r refused) right() string {
	if r.pulling() {
		return "read"
	}
	return "push to"
}

// checkLogin says where a login comes from.
func (r refused) checkLogin() string {
	return fmt.Sprintf("check the login for %s (the inputs registry, username and token, or registry-auth), and that this user may %s %s there", r.host(), r.right(), r.repo.RepositoryStr())
}
