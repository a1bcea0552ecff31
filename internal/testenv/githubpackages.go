package testenv

import (
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// base is the address that bodies begin theirs with.
func base(r *http.Request) string {
	if r.Host == APIHost {
		return "https://" + r.Host
	}
	return "http://" + r.Host + "/api/v3"
}

// site is the server's own address.
func site(r *http.Request) string {
	if r.Host == APIHost {
		return "https://github.com"
	}
	return "http://" + r.Host
}

// id makes a number of a name, as steady as GitHub's.
func id(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(name)))
	return int(h.Sum32() >> 4)
}

func (a *GitHubAPI) isUser(login string) bool {
	return slices.ContainsFunc(a.opt.Users, func(user string) bool { return strings.EqualFold(user, login) })
}

// owner is the body of GET /users/{login}, which knows organizations too. Every login is somebody's here.
func (a *GitHubAPI) owner(r *http.Request, login string) map[string]any {
	kind := "Organization"
	if a.isUser(login) {
		kind = "User"
	}
	address := base(r) + "/users/" + login
	return map[string]any{
		"login": login, "id": id(login), "node_id": "O_kgDO", "type": kind, "user_view_type": "public", "site_admin": false,
		"avatar_url": "https://avatars.githubusercontent.com/u/1", "gravatar_id": "",
		"url": address, "html_url": site(r) + "/" + login, "repos_url": address + "/repos", "events_url": address + "/events{/privacy}",
	}
}

// findPackage answers for a package. Who may not see it is told that it is not there, and so is who takes a user for an
// organization or the other way round.
func (a *GitHubAPI) findPackage(r *http.Request, c caller, ofUser bool, image string) *Answer {
	if !c.known {
		return APIRefusal(http.StatusUnauthorized, "Requires authentication")
	}
	p, number := a.packages.find(image)
	if number == 0 || p.image() != strings.ToLower(image) || a.isUser(p.Owner) != ofUser || !a.sees(c, image) {
		return APIRefusal(http.StatusNotFound, "Package not found.")
	}
	owners, pages := "orgs", "orgs/"+p.Owner+"/packages"
	if ofUser {
		owners, pages = "users", "users/"+p.Owner+"/packages"
	}
	body := map[string]any{
		"id": number, "name": p.Name, "package_type": "container", "owner": a.owner(r, p.Owner),
		"version_count": p.Versions, "visibility": p.Visibility,
		"url":        base(r) + "/" + owners + "/" + p.Owner + "/packages/container/" + url.PathEscape(p.Name),
		"html_url":   site(r) + "/" + pages + "/container/package/" + url.PathEscape(p.Name),
		"created_at": "2026-03-04T05:06:07Z", "updated_at": "2026-03-04T05:06:08Z",
	}
	if p.Repository != "" {
		body["repository"] = a.repositoryBody(r, a.repository(p.Repository))
	}
	return asJSON(http.StatusOK, body)
}
