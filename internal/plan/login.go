package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// Login is the credential of one registry, by its exact host.
type Login struct {
	Registry name.Registry
	Username string
	Password inputs.Secret
}

// logins is what is decided about logins.
type logins struct {
	all     []Login // each host once, those of registry-auth first
	notices []string
	errs    []error

	server packages.Server
	push   bool
	to     []name.Repository // empty where they are not known for a mistake
}

// decideLogins gives the token to the main registry, entries of registry-auth to
// theirs, and GitHub's token to the registries of the run's own server, too,
// where base images and caches may be. A login of the inputs wins over one of the
// Docker config, and an entry of registry-auth over GitHub's token, which the
// input has by default.
func decideLogins(in inputs.Inputs, f Facts, push bool, to []name.Repository) (logins, error) {
	l := logins{server: packages.ServerAt(f.ServerURL), push: push, to: to}
	main, err := name.NewRegistry(registryOf(in, f))
	if err != nil {
		return l, &advice.Error{Doing: "naming the registry", Reason: err.Error(), Advice: "set the input registry", Cause: err}
	}
	for _, entry := range in.Logins {
		l.addEntry(entry, f)
	}
	l.addToken(main, in, f)
	return l, errors.Join(l.errs...)
}

// addEntry adds a login of registry-auth. One whose secrets are not there is left
// out, unless the run pushes to its registry.
func (l *logins) addEntry(entry inputs.Login, f Facts) {
	registry, err := name.NewRegistry(entry.Registry)
	if err != nil {
		l.refuse(entry.Registry, err.Error(), "correct its entry in registry-auth")
		return
	}
	empty := "password"
	if entry.Username == "" {
		empty = "username"
	}
	if entry.Username == "" || entry.Password == "" {
		if !l.pushes(registry.RegistryStr()) {
			notice := fmt.Sprintf("the %s of %s in registry-auth is empty, and the entry is left out", empty, entry.Registry)
			if reason := f.ReadOnlyToken(); reason != "" {
				notice += ": " + reason + ", and no secrets"
			}
			l.notices = append(l.notices, notice)
			return
		}
		l.refuse(entry.Registry, "its "+empty+" in registry-auth is empty", "check that the secret or variable exists, and that this workflow may read it; a sign such as # or & at the beginning needs single quotes around the value")
		return
	}
	if l.misplaced(registry, entry.Password) {
		l.refuse(entry.Registry, "its password in registry-auth is a token of Docker Hub, which no other registry accepts and which is not sent there", "write `registry: docker.io` in that entry")
		return
	}
	if l.kind(registry) == packages.Foreign && packages.TokenOf(entry.Password.Reveal()) != packages.NotGitHubs {
		l.refuse(entry.Registry, "its password in registry-auth is a token of GitHub's, which no other registry accepts and which is not sent there", "give it the password of that registry")
		return
	}
	l.add(Login{Registry: registry, Username: entry.Username, Password: entry.Password}, "its password in registry-auth")
}

// addToken adds the inputs token and username. GitHub's registry does not check
// the user name, but wants one.
func (l *logins) addToken(main name.Registry, in inputs.Inputs, f Facts) {
	if in.Token == "" {
		return
	}
	login := Login{Registry: main, Username: cmp.Or(in.Username, f.Actor, "slipway"), Password: in.Token}
	if l.misplaced(main, in.Token) {
		l.refuse(main.RegistryStr(), "the input token is one of Docker Hub, which no other registry accepts and which is not sent there", "set `registry: docker.io`, or the entry of registry-auth for docker.io in its place")
		return
	}
	entry, given := l.of(main.RegistryStr())
	switch githubs := packages.TokenOf(in.Token.Reveal()) != packages.NotGitHubs; {
	case githubs:
		l.addGitHubs(login, f)
	case !given:
		l.noteUnused(login, in)
		l.add(login, "the input token")
	case entry.Password != in.Token || in.Username != "" && in.Username != entry.Username:
		l.refuse(main.RegistryStr(), "the input token and registry-auth give it different logins", "leave one of them out")
	}
}

// misplaced tells whether a password is a token of Docker Hub, for another host.
func (l *logins) misplaced(registry name.Registry, password inputs.Secret) bool {
	at := registry.RegistryStr()
	hub := at == packages.DockerHub || strings.HasSuffix(at, ".docker.io") || strings.HasSuffix(at, ".docker.com")
	return !hub && packages.DockerHubs(password.Reveal())
}

// noteUnused says that the password of another registry is given to the server's
// own, where nothing goes: registry was forgotten.
func (l *logins) noteUnused(login Login, in inputs.Inputs) {
	main := login.Registry.RegistryStr()
	if in.Registry != "" || len(l.to) == 0 || l.pushes(main) || !l.push {
		return
	}
	l.notices = append(l.notices, fmt.Sprintf("the inputs token and username are the login of %s, to which nothing is pushed, and %s is asked without one: set the input registry to %s",
		main, l.to[0].RegistryStr(), l.to[0].RegistryStr()))
}

// addGitHubs adds GitHub's token where it belongs. It is not for others to see.
func (l *logins) addGitHubs(login Login, f Facts) {
	main := login.Registry.RegistryStr()
	_, given := l.of(main)
	if l.kind(login.Registry) != packages.Foreign {
		if !given {
			l.add(login, "the input token")
		}
	} else if !given && !knows(f, main) && l.pushes(main) && !host.Loopback(host.Name(main)) {
		// A registry on loopback may be another machine's, where only the builder
		// reaches it; most want no login.
		l.refuse(main, "the input token is GitHub's, which no other registry accepts and which is not sent there",
			fmt.Sprintf("set the inputs token and username to the login of %s, or give it an entry in registry-auth beside GitHub's token", main))
	}
	if usable(login.Password) {
		l.addOwn(Login{Username: cmp.Or(f.Actor, "slipway"), Password: login.Password})
	}
}

// addOwn adds GitHub's token for the registries of the run's own server that have
// no login yet.
func (l *logins) addOwn(login Login) {
	for _, own := range []string{l.server.Container(), l.server.Docker()} {
		registry, err := name.NewRegistry(own)
		if _, given := l.of(own); err != nil || given || l.kind(registry) == packages.Foreign || host.Loopback(host.Name(own)) {
			continue
		}
		login.Registry = registry
		l.all = append(l.all, login)
	}
}

// add adds a login, unless it is of a kind that GitHub's registries never take.
func (l *logins) add(login Login, called string) {
	kind := packages.TokenOf(login.Password.Reveal())
	registry := login.Registry.RegistryStr()
	if l.kind(login.Registry) == packages.Foreign {
		l.all = append(l.all, login)
		return
	}
	if usable(login.Password) {
		if kind == packages.UserToServer {
			l.notices = append(l.notices, fmt.Sprintf("%s for %s is %s, of which GitHub does not say that its packages accept it; where it is refused, leave it out, and GITHUB_TOKEN is used", called, registry, kind))
		}
		l.all = append(l.all, login)
		return
	}
	reason := fmt.Sprintf("%s is %s, which GitHub Packages does not accept", called, kind)
	if !l.pushes(registry) {
		l.notices = append(l.notices, fmt.Sprintf("%s; %s is asked without a login", reason, registry))
		return
	}
	l.refuse(registry, reason, "leave it out, so that GITHUB_TOKEN is used (with permissions: packages: write), or use a classic token with write:packages from "+l.server.URL()+"/settings/tokens/new?scopes=write:packages")
}

// usable tells whether a token is of a kind that GitHub's registries may take.
func usable(token inputs.Secret) bool {
	kind := packages.TokenOf(token.Reveal())
	return kind != packages.FineGrained && kind != packages.Refresh
}

// refuse adds a mistake. Where the host looks like one that everybody knows, that
// is the mistake, and no login for it is asked for.
func (l *logins) refuse(registry, reason, how string) {
	if meant := packages.DidYouMean(registry, l.server); meant != "" {
		how = fmt.Sprintf("did you mean %s? correct the host in registry, image, tags or registry-auth", meant)
	}
	l.errs = append(l.errs, &advice.Error{Doing: "logging in to " + registry, Reason: reason, Advice: how})
}

// pushes tells whether the run publishes in a registry.
func (l *logins) pushes(registry string) bool {
	return l.push && (len(l.to) == 0 || slices.ContainsFunc(l.to, func(repo name.Repository) bool {
		return host.Canonical(repo.RegistryStr()) == host.Canonical(registry)
	}))
}

func (l *logins) kind(registry name.Registry) packages.Kind {
	return l.server.KindOf(registry.RegistryStr())
}

// of finds the login of a host.
func (l *logins) of(registry string) (Login, bool) {
	i := slices.IndexFunc(l.all, func(login Login) bool {
		return host.Canonical(login.Registry.RegistryStr()) == host.Canonical(registry)
	})
	if i < 0 {
		return Login{}, false
	}
	return l.all[i], true
}

// knows tells whether the Docker config has a login for a host.
func knows(f Facts, registry string) bool {
	return slices.ContainsFunc(strings.Fields(f.Logins), func(known string) bool { return host.Canonical(known) == host.Canonical(registry) })
}

// overProvided says where a personal token does what GITHUB_TOKEN does as well:
// the package is of the repository's owner.
func (l *logins) overProvided(repos []name.Repository, f Facts) []string {
	var found []string
	for _, repo := range repos {
		login, given := l.of(repo.RegistryStr())
		owner, _ := packages.Split(repo.RepositoryStr())
		if !given || l.kind(repo.Registry) == packages.Foreign || owner != strings.ToLower(f.owner()) || packages.TokenOf(login.Password.Reveal()) != packages.Classic {
			continue
		}
		found = append(found, fmt.Sprintf("%s is pushed with %s; GITHUB_TOKEN is enough for it and safer: leave the token out, with permissions: packages: write. "+
			"A package that is first pushed with a personal token is not linked to the repository", repo, packages.Classic))
	}
	return found
}

// fromConfig remarks on the registries whose login is the Docker config's.
func (l *logins) fromConfig(repos []name.Repository, f Facts) []string {
	var remarks []string
	for _, repo := range repos {
		remark := fmt.Sprintf("The login for %s is that of the Docker config", repo.RegistryStr())
		if _, given := l.of(repo.RegistryStr()); !given && knows(f, repo.RegistryStr()) && !slices.Contains(remarks, remark) {
			remarks = append(remarks, remark)
		}
	}
	return remarks
}
