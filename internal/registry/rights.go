package registry

import (
	"fmt"
	"strings"
)

// ofRights are GitHub's words on what a valid token may not do.
func ofRights() []entry {
	return []entry{
		{name: "write_package", words: []string{"permission_denied: write_package"}, means: refused.noWrite},
		{name: "read_package", words: []string{"permission_denied: read_package"}, means: refused.noRead},
		{name: "create", words: []string{"installation not allowed to create"}, means: refused.noCreate},
		{name: "write", words: []string{"installation not allowed to write"}, means: refused.noPermission},
		{name: "read", words: []string{"installation not allowed to read"}, means: refused.noRead},
		{name: "scopes", words: []string{"does not match expected scopes"}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("the token may not push packages to %s", r.host()),
				Why:  fmt.Sprintf("it is %s; a classic one needs the scope write:packages, and a fine-grained one cannot have it", r.token),
				Do:   r.useOwn(),
			}
		}},
		{name: "another owner's", words: []string{"requested installation does not exist"}, means: func(r refused) Meaning {
			owner, _ := r.pkg()
			ours, _, _ := strings.Cut(r.Repository, "/")
			return Meaning{
				What: fmt.Sprintf("the token of %s may not push for %s", r.run(), owner),
				Why:  fmt.Sprintf("the package belongs to %s, and the run to %s, whose token is good for its own packages only; a fork that keeps the name of the original does this", owner, ours),
				Do:   fmt.Sprintf("leave the input image out, which names it %s/%s, or set it to ${{ github.repository }}", r.host(), strings.ToLower(r.Repository)),
			}
		}},
		{name: "SAML", words: []string{"saml enforcement"}, means: func(r refused) Meaning {
			return Meaning{
				What: "the organization enforces SAML single sign-on, and this token is not authorized for it",
				Do:   fmt.Sprintf("allow it at %s/settings/tokens by \"Configure SSO\" → \"Authorize\", or leave the input token out: the job's own needs none", r.Server.URL()),
			}
		}},
		{name: "IP allow list", words: []string{"ip allow list"}, means: func(r refused) Meaning {
			owner, _ := r.pkg()
			return Meaning{
				What: "the organization has an IP allow list, and this runner's address is not on it",
				Do:   fmt.Sprintf("run the job on a self-hosted runner or a larger one with a static address, and put that on the list at %s/organizations/%s/settings/security", r.Server.URL(), owner),
			}
		}},
		{name: "Docker registry", words: []string{"could not be authenticated by the github packages service", "no basic auth credentials"}, means: refused.noDockerLogin},
		{name: "denied without a reason", status: denials(), when: func(r refused) bool { return r.onContainer() && !r.ofLogin() }, means: refused.unexplained},
		{name: "denied by the older registry", status: denials(), when: refused.onDocker, means: refused.noDockerLogin},
	}
}

// noWrite is about a package that is there and does not know the repository.
func (r refused) noWrite() Meaning {
	v := Meaning{
		What: fmt.Sprintf("the package %s exists, and %s may not write to it", r.repo, r.run()),
		Why:  "it was first pushed by somebody's own token or by another repository; or the repository was renamed, made anew or transferred since; or the package does not inherit the repository's rights. The workflow's permissions are not the cause",
		Do:   r.giveAccess("Write"),
	}
	if linked := r.found.Repository; linked != "" && !strings.EqualFold(linked, r.Repository) {
		v.Why = fmt.Sprintf("it belongs to the repository %s, and gives this one no right", linked)
	}
	return v
}

// noRead is about a private package.
func (r refused) noRead() Meaning {
	return Meaning{
		What: fmt.Sprintf("the package %s is private, and %s may not read it", r.repo, r.run()),
		Why:  "either the job's token has no permission to read packages, or the package does not let this repository in" + r.foreignApp(),
		Do:   givePermission("read") + "\nand " + r.giveAccess("Read"),
	}
}

// noCreate is about a package that is not there yet.
func (r refused) noCreate() Meaning {
	v := Meaning{
		What: fmt.Sprintf("the package %s does not exist, and this token may not create it", r.repo),
		Why:  "most often the job has no permission to write packages; else the organization forbids new packages" + r.foreignApp(),
		Do:   givePermission("write") + "\n" + r.allowCreation(),
	}
	switch {
	case r.ReadOnly != "":
		v.Why, v.Do = r.ReadOnly, "publish from a push, and build such runs only: leave the input push out"
	case r.found.Hidden:
		v.Why, v.Do = "the job's token has no permission for packages: GitHub does not even let it look at them", givePermission("write")
	}
	return v
}

// noPermission is about a package that knows the repository.
func (r refused) noPermission() Meaning {
	v := Meaning{
		What: fmt.Sprintf("the package %s exists, and this job's token may not write packages", r.repo),
		Why:  "the job has no permission to write packages" + r.foreignApp(),
		Do:   givePermission("write"),
	}
	if r.ReadOnly != "" {
		v.Why, v.Do = r.ReadOnly, "publish from a push, and build such runs only: leave the input push out"
	}
	return v
}

// unexplained is a no whose reason GitHub does not say: what its API knows of the
// package tells the likely one.
func (r refused) unexplained() Meaning {
	switch {
	case r.foreignServer():
		return r.otherServer()
	case r.pulling():
		return r.unreadable()
	case r.found.Hidden:
		return r.noPermission()
	case r.found.Exists:
		return r.noWrite()
	case r.found.Asked:
		return r.noCreate()
	}
	return Meaning{
		What: fmt.Sprintf("%s does not let this token push to %s", r.host(), r.repo),
		Why:  "it does not say the reason: either the job has no permission to write packages, or the package exists and does not let this repository in, or the organization forbids new packages",
		Do:   givePermission("write") + "\nwhere the package exists: " + r.giveAccess("Write") + "\n" + r.allowCreation(),
	}
}

// unreadable is a no to reading: GitHub says the same of a package that is not
// there.
func (r refused) unreadable() Meaning {
	if r.anonymous {
		return r.hidden()
	}
	v := r.noRead()
	if !r.found.Exists {
		v.What = fmt.Sprintf("%s does not exist, or is private and not for %s", r.repo, r.run())
		v.Do = "check the name; where it is private: " + v.Do
	}
	return v
}

// otherServer is about a token that github.com does not know.
func (r refused) otherServer() Meaning {
	return Meaning{
		What: fmt.Sprintf("%s does not know the token", r.host()),
		Why:  fmt.Sprintf("it is of %s, and %s belongs to github.com", r.Server.URL(), r.host()),
		Do:   fmt.Sprintf("publish to %s; or, for %s, pass a token of github.com's by registry-auth. What is public there needs none", r.Server.Container(), r.host()),
	}
}

// noDockerLogin is about the older registry, whose packages have the rights of
// their repository.
func (r refused) noDockerLogin() Meaning {
	return Meaning{
		What: fmt.Sprintf("%s does not let this token in", r.host()),
		Why:  "its packages belong to a repository, OWNER/REPOSITORY/NAME, and the token needs a right on packages there, also to read public ones",
		Do:   givePermission("write") + fmt.Sprintf("\nor publish to %s, which has replaced it", r.Server.Container()),
	}
}
