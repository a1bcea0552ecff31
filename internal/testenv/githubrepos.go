package testenv

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Repository is a git repository of which the API tells. Its commits are one line, without branches.
type Repository struct {
	FullName      string // owner/name
	Private       bool
	DefaultBranch string // empty means main
	Description   string
	License       string // SPDX
	Commits       []Commit
	Head          string // commit that the default branch has; empty: the last
}

// Commit is a commit of a Repository, after the one before it.
type Commit struct {
	SHA  string
	Time time.Time
	Tags []string // git tags that point to it
}

// repository returns one that the options have, or one of that name of which nothing else is known.
func (a *GitHubAPI) repository(fullName string) Repository {
	i := slices.IndexFunc(a.opt.Repositories, func(r Repository) bool { return strings.EqualFold(r.FullName, fullName) })
	if i < 0 {
		return Repository{FullName: fullName, Private: true}
	}
	return a.opt.Repositories[i]
}

func (a *GitHubAPI) findRepository(r *http.Request, c caller, fullName string, rest []string) *Answer {
	repository := a.repository(fullName)
	known := slices.ContainsFunc(a.opt.Repositories, func(r Repository) bool { return r.FullName == repository.FullName })
	if !known || repository.Private && !c.known {
		return nil
	}
	switch {
	case len(rest) == 0:
		return asJSON(http.StatusOK, a.repositoryBody(r, repository))
	case len(rest) == 1 && rest[0] == "tags":
		return repository.tags(r)
	case len(rest) == 2 && rest[0] == "compare":
		return repository.compare(rest[1])
	case len(rest) == 4 && rest[0] == "git" && rest[1] == "ref" && rest[2] == "heads":
		return repository.branch(r, rest[3])
	case len(rest) == 3 && rest[0] == "git" && rest[1] == "commits":
		return repository.commit(r, rest[2])
	}
	return nil
}

func (a *GitHubAPI) repositoryBody(r *http.Request, repository Repository) map[string]any {
	owner, name, _ := strings.Cut(repository.FullName, "/")
	visibility := map[bool]string{true: "private", false: "public"}[repository.Private]
	body := map[string]any{
		"id": id(repository.FullName), "node_id": "R_kgDO", "name": name, "full_name": repository.FullName,
		"private": repository.Private, "visibility": visibility, "owner": a.owner(r, owner),
		"default_branch": cmp.Or(repository.DefaultBranch, "main"), "fork": false,
		"html_url": site(r) + "/" + repository.FullName, "url": base(r) + "/repos/" + repository.FullName,
		"description": nil, "license": nil,
	}
	if repository.Description != "" {
		body["description"] = repository.Description
	}
	if repository.License != "" {
		key := strings.ToLower(repository.License)
		body["license"] = map[string]any{"key": key, "name": repository.License, "spdx_id": repository.License, "url": base(r) + "/licenses/" + key}
	}
	return body
}

// index returns the place of a commit by its SHA, one of its tags, or the default branch; -1 for none.
func (repository Repository) index(ref string) int {
	if ref == cmp.Or(repository.DefaultBranch, "main") {
		return len(repository.Commits) - 1
	}
	return slices.IndexFunc(repository.Commits, func(c Commit) bool { return c.SHA == ref || slices.Contains(c.Tags, ref) })
}

// branch answers for the default branch alone.
func (repository Repository) branch(r *http.Request, name string) *Answer {
	if name != cmp.Or(repository.DefaultBranch, "main") || len(repository.Commits) == 0 {
		return nil
	}
	sha := cmp.Or(repository.Head, repository.Commits[len(repository.Commits)-1].SHA)
	at := base(r) + "/repos/" + repository.FullName + "/git/"
	return asJSON(http.StatusOK, map[string]any{
		"ref": "refs/heads/" + name, "node_id": "REF_kwDO", "url": at + "refs/heads/" + name,
		"object": map[string]any{"sha": sha, "type": "commit", "url": at + "commits/" + sha},
	})
}

func (repository Repository) commit(r *http.Request, sha string) *Answer {
	i := slices.IndexFunc(repository.Commits, func(c Commit) bool { return c.SHA == sha })
	if i < 0 {
		return nil
	}
	c := repository.Commits[i]
	by := map[string]any{"name": "octocat", "email": "octocat@example.com", "date": c.Time.UTC().Format(time.RFC3339)}
	parents := []any{}
	if i > 0 {
		parents = append(parents, map[string]any{"sha": repository.Commits[i-1].SHA})
	}
	return asJSON(http.StatusOK, map[string]any{
		"sha": c.SHA, "node_id": "C_kwDO", "url": base(r) + "/repos/" + repository.FullName + "/git/commits/" + c.SHA,
		"html_url": site(r) + "/" + repository.FullName + "/commit/" + c.SHA, "author": by, "committer": by,
		"message": "commit " + strconv.Itoa(i+1), "parents": parents, "tree": map[string]any{"sha": c.SHA},
	})
}

// tags answers in pages, with the address of the next in Link. As GitHub's, the order is not that of the commits.
func (repository Repository) tags(r *http.Request) *Answer {
	all := []map[string]any{}
	for _, c := range repository.Commits {
		for _, tag := range c.Tags {
			all = append(all, map[string]any{
				"name": tag, "node_id": "REF_kwDO", "commit": map[string]any{"sha": c.SHA, "url": base(r) + "/repos/" + repository.FullName + "/commits/" + c.SHA},
				"zipball_url": base(r) + "/repos/" + repository.FullName + "/zipball/refs/tags/" + url.PathEscape(tag),
				"tarball_url": base(r) + "/repos/" + repository.FullName + "/tarball/refs/tags/" + url.PathEscape(tag),
			})
		}
	}
	slices.SortFunc(all, func(a, b map[string]any) int { return cmp.Compare(b["name"].(string), a["name"].(string)) })
	page, size := number(r, "page", 1), min(number(r, "per_page", 30), 100)
	from, to := min((page-1)*size, len(all)), min(page*size, len(all))
	answer := asJSON(http.StatusOK, all[from:to])
	if to < len(all) {
		answer.Header.Set("Link", fmt.Sprintf(`<%s/repositories/%d/tags?per_page=%d&page=%d>; rel="next"`, base(r), id(repository.FullName), size, page+1))
	}
	return answer
}

func number(r *http.Request, parameter string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(parameter))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

// compare answers for base...head.
func (repository Repository) compare(refs string) *Answer {
	from, to, _ := strings.Cut(refs, "...")
	b, h := repository.index(from), repository.index(to)
	if b < 0 || h < 0 {
		return nil
	}
	status := "identical"
	switch {
	case h > b:
		status = "ahead"
	case h < b:
		status = "behind"
	}
	return asJSON(http.StatusOK, map[string]any{
		"status": status, "ahead_by": max(0, h-b), "behind_by": max(0, b-h), "total_commits": max(0, h-b),
		"commits": []any{}, "files": []any{},
		"merge_base_commit": map[string]any{"sha": repository.Commits[min(b, h)].SHA},
		"base_commit":       map[string]any{"sha": repository.Commits[b].SHA},
	})
}
