package registry

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// ofForeign are the words of registries other than GitHub's. Where they come from is
// in the test data. They stand before what a status means by itself: a quota is no
// wrong password.
func ofForeign() []entry {
	return []entry{
		{name: "quota", words: []string{
			"exceed the configured upper limit", "quota has been exceeded", "quota exceeded", "exceeded its quota", "exceeds the quota", "over quota",
			"storage limit", "storage quota", "traffic quota", "insufficient storage", "maximum allowed number of", "repositories, limit is",
		}, means: func(r refused) Meaning {
			return r.lasting("its quota is used up", "there is no room left there, which has nothing to do with the login", "delete what is no longer needed there, or have the quota raised")
		}},
		{name: "firewall", words: []string{
			"is not allowed access", "acr/firewall", "geo-ip blocked", "vpcservicecontrols", "prohibited by organization's policy",
			"ip address is not allowed", "ip allow list", "ip allowlist", "ip whitelist", "not in the allow list", "not in the whitelist",
		}, means: func(r refused) Meaning {
			return r.lasting("it does not let this runner in", "it lets only some networks in, and this runner is in none of them", "allow the runner's address there, or run the job on a runner in such a network: a self-hosted one, or a larger one with a static address")
		}},
		{name: "locked", words: []string{"operation is disallowed on this registry", "registry_disallowed_operation"}, means: func(r refused) Meaning {
			registry, _, _ := strings.Cut(r.host(), ".")
			return r.lasting("the repository is locked", "the repository or the tag is locked, or the registry is full",
				fmt.Sprintf("az acr repository update --name %s --repository %s --write-enabled true, or with --image for a tag; az acr show-usage --name %s tells whether it is full", registry, r.repo.RepositoryStr(), registry))
		}},
		{name: "tag stays", words: []string{
			"is immutable", "as immutable", "tag immutable", "tag immutability", "immutable tag", "cannot be overwritten", "cannot overwrite", "does not allow updating assets", "redeploy is not allowed",
			"permissions to overwrite artifact", "permissions to delete/overwrite artifact", "tag was already pushed",
		}, means: func(r refused) Meaning {
			return r.leads("the tag may not be moved", "tags that are there may not be moved in this repository, or not by this user",
				"publish under tags that are new each time, without those that move (latest, 1, 1.2); or let tags be overwritten there, by the repository's setting or this user's rights")
		}},
		{name: "takes no pushes", words: []string{"read only mode", "read-only mode", "is currently read-only", "repository is read only", "registry are currently disabled", "namespace is disabled", "down for maintenance"}, means: func(r refused) Meaning {
			return r.lasting("it takes no pushes now", "", "ask whoever runs it when it takes pushes again, and run the job again then")
		}},
		{name: "login expired", words: []string{"token has expired", "token is expired", "token expired", "expired token"}, means: refused.expired},
		{name: "Amazon's rights", words: []string{"is not authorized to perform"}, means: func(r refused) Meaning {
			return r.lasting("the login may not do this", "", "allow this action on the repository to the role or user that logs in, by its own policy or by the repository's; the managed policy AmazonEC2ContainerRegistryPowerUser holds all that a push needs")
		}},
		{name: "Google's rights", words: []string{"artifactregistry.repositories."}, means: refused.google},
		{name: "Google's service", words: []string{"has not been used in project", "requires billing to be enabled"}, means: func(r refused) Meaning {
			return r.lasting("the service is not enabled", "", "enable what it names in the Google Cloud project, and run the job again some minutes later")
		}},
		{name: "Docker Hub's scopes", words: []string{"access token has insufficient scopes"}, means: func(r refused) Meaning {
			return r.lasting("the token may not do this", "it was made for less than this", "make a personal access token with the permission Read & Write at https://app.docker.com/settings/personal-access-tokens, and pass it as token or by registry-auth")
		}},
		{name: "Azure's rights", words: []string{"acr/authorization"}, when: func(r refused) bool { return !r.anonymous }, means: func(r refused) Meaning {
			return r.lasting("", "", r.checkLogin()+": that it has the role AcrPush or, if the registry uses attributes, Container Registry Repository Writer")
		}},
		{name: "GitLab's login", words: []string{"http basic: access denied"}, means: func(r refused) Meaning {
			return r.lasting("", "", r.checkLogin()+"; a token of GitLab's needs the scopes read_registry and write_registry")
		}},
		{name: "Harbor's rights", words: []string{"unauthorized to access repository"}, when: func(r refused) bool { return !r.anonymous }, means: func(r refused) Meaning {
			return r.leads("", "the login is not the one that was meant, or has no such right in the project",
				fmt.Sprintf("check the login for %s; give its user the role Developer or a higher one in the project, or its robot account the permission to push repositories", r.host()))
		}},
	}
}

// ofForeignReasons are refusals of which no more is known than what the registry
// says itself.
func ofForeignReasons() []entry {
	return []entry{
		{name: "a page", status: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}, when: func(r refused) bool { return r.page() }, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s answers with a web page%s, and not as a registry does", r.host(), r.title()),
				Why:  "a proxy or a firewall in front of it may have refused this",
				Do:   "check " + r.written() + ", and that what is in front of the registry lets this runner in",
			}
		}},
		{name: "a reason of its own", when: func(r refused) bool { return r.byClient() && r.reason() != "" }, means: func(r refused) Meaning {
			why := ""
			if r.anonymous {
				why = "there is no login for this host, if that is the reason"
			}
			return r.leads("", why, "")
		}},
	}
}

// lasting is leads for what no later request of a push would be spared.
func (r refused) lasting(otherwise, why, do string) Meaning {
	v := r.leads(fmt.Sprintf("%s refuses this: %s", r.host(), otherwise), why, do)
	v.Lasts = true
	return v
}

// title is the title of a page, in quotes after a blank.
func (r Refusal) title() string {
	if found := pageTitle.FindStringSubmatch(r.Words); found != nil {
		return fmt.Sprintf(" %q", strings.TrimSpace(found[1]))
	}
	return ""
}

var pageTitle = regexp.MustCompile(`(?i)<title>([^<]+)</title>`)

// expired is about passwords that are good for some hours only.
func (r refused) expired() Meaning {
	v := r.lasting("the login has expired", "", "log in right before this step: with a token that was made in this job")
	if onAmazon(r.host()) {
		v.Why = "a password for Amazon's registries is good for 12 hours"
	}
	return v
}

// google is about a right that the login has not, or a repository that there is not.
func (r refused) google() Meaning {
	if r.says("unauthenticated request") {
		return r.lasting("there is no login", "", "pass a login for "+r.host()+": the user name oauth2accesstoken with an access token, or _json_key with the key of a service account")
	}
	role, right := "writer", "push"
	if r.pulling() {
		role, right = "reader", "pull"
	}
	v := r.lasting("the login may not do this", "the service account has no role that lets it "+right+", or there is no such repository",
		fmt.Sprintf("give it the role roles/artifactregistry.%s on the repository", role))
	if create := r.create(); create != "" && !r.pulling() {
		v.Do += "; where there is none, create it: " + create
	}
	return v
}
