package registry

import (
	"fmt"
	"strings"

	"github.com/slipway-build/slipway/internal/packages"
)

// permissions is the block of a workflow that gives the token this right.
func permissions(right string) string {
	return "permissions:\n  contents: read\n  packages: " + right
}

// givePermission says how a job's token gets a right on packages.
func givePermission(right string) string {
	return "give the job's token the permission in the workflow:\n" + permissions(right) +
		"\nAs soon as permissions holds one line, everything that is not named there is none. A reusable workflow gets at most what the workflow that calls it has, so it belongs there, too"
}

// pkg returns the owner and the name of the package, as GitHub splits it.
func (r refused) pkg() (owner, name string) { return packages.Split(r.repo.RepositoryStr()) }

// run returns the run's repository, or words for it.
func (r refused) run() string {
	if r.Repository == "" {
		return "this repository"
	}
	return r.Repository
}

// settings returns the page on which a package's rights are set.
func (r refused) settings() string {
	owner, name := r.pkg()
	kind := packages.SomeOwner
	if ours, _, _ := strings.Cut(r.Repository, "/"); strings.EqualFold(ours, owner) {
		kind = r.Owner
	}
	return r.Server.SettingsOf(kind, owner, name)
}

// giveAccess says how a package lets a repository in.
func (r refused) giveAccess(role string) string {
	return fmt.Sprintf("open %s, then \"Manage Actions access\" → \"Add repository\" → %s → role %s (\"Connect repository\" alone does not give it)", r.settings(), r.run(), role)
}

// allowCreation says where an organization allows new packages.
func (r refused) allowCreation() string {
	owner, _ := r.pkg()
	return fmt.Sprintf("where the workflow has it: an owner of %s allows packages to be created at %s/organizations/%s/settings/packages under \"Package Creation\"", owner, r.Server.URL(), owner)
}

// useOwn proposes the token that needs no care, and the other one.
func (r refused) useOwn() string {
	owner, _ := r.pkg()
	return fmt.Sprintf("leave that token out, of the input token or of registry-auth: the job's own is enough, with\n%s\nor make a classic token at %s/settings/tokens/new?scopes=write:packages and, where %s enforces SAML single sign-on, allow it there by \"Configure SSO\"",
		permissions("write"), r.Server.URL(), owner)
}

// again is said of what passes by itself.
func (r refused) again() string {
	if r.onGitHubs() {
		return "run the job again; no tag points at a part of an image. Whether GitHub has trouble is said at https://www.githubstatus.com"
	}
	return "run the job again; no tag points at a part of an image"
}

// foreignApp is added where another GitHub App's token may be the cause.
func (r refused) foreignApp() string {
	if r.token != packages.Installation {
		return ""
	}
	return ". A token of another GitHub App than the workflow's own never may"
}
