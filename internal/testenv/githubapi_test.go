package testenv

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"
)

// TestGitHubAPI asks as go-github does, at the address of an Enterprise server and at GitHub's own.
func TestGitHubAPI(t *testing.T) {
	t.Parallel()
	packages := []Package{
		{Owner: "octo", Name: "app/sub", Visibility: "internal", Repository: "octo/app", Versions: 3},
		{Owner: "octocat", Name: "tool", Visibility: "public"},
	}
	day := time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)
	repositories := []Repository{{FullName: "octo/app", Private: true, Description: "An app", License: "MIT", Commits: []Commit{
		{SHA: strings.Repeat("1", 40), Time: day, Tags: []string{"v1.0.0"}},
		{SHA: strings.Repeat("2", 40), Time: day.Add(time.Hour), Tags: []string{"v1.1.0", "v1.1.0-rc.1"}},
		{SHA: strings.Repeat("3", 40), Time: day.Add(2 * time.Hour)},
	}}}
	enterprise := NewGitHubAPI(t, GitHubAPIOptions{Token: "ghs_token", Packages: packages, Repositories: repositories, Users: []string{"octocat"}})
	g := NewGitHub(t, GitHubOptions{Packages: packages, Repositories: repositories, Users: []string{"octocat"}})
	for title, at := range map[string]struct {
		client *http.Client
		base   string
		token  string
		api    *GitHubAPI
	}{
		"an Enterprise server": {&http.Client{}, enterprise.URL + "/", "ghs_token", enterprise},
		"github.com":           {&http.Client{Transport: g.Transport(t)}, "https://api.github.com/", g.Token, g.API},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client := github.NewClient(at.client).WithAuthToken(at.token)
			client.BaseURL, _ = url.Parse(at.base)
			checkPackages(t, client)
			checkRepositories(t, client)
			first := at.api.Requests()[0]
			if first.Authorization != "Bearer "+at.token || !strings.HasSuffix(first.Path, "/orgs/octo/packages/container/app%2Fsub") {
				t.Errorf("first request %+v", first)
			}
		})
	}
}

func checkPackages(t *testing.T, client *github.Client) {
	t.Helper()
	sub, _, err := client.Organizations.GetPackage(t.Context(), "octo", "container", "app/sub")
	if err != nil || sub.GetVisibility() != "internal" || sub.GetVersionCount() != 3 || sub.GetName() != "app/sub" ||
		sub.GetPackageType() != "container" || sub.GetOwner().GetType() != "Organization" || !sub.GetRepository().GetPrivate() ||
		sub.GetRepository().GetFullName() != "octo/app" || !strings.HasSuffix(sub.GetHTMLURL(), "/orgs/octo/packages/container/package/app%2Fsub") {
		t.Errorf("package %v, %v", sub, err)
	}
	tool, _, err := client.Users.GetPackage(t.Context(), "octocat", "container", "tool")
	if err != nil || tool.GetVisibility() != "public" || tool.Repository != nil {
		t.Errorf("package of a user %v, %v", tool, err)
	}
	_, escapedTwice, _ := client.Organizations.GetPackage(t.Context(), "octo", "container", "app%2Fsub")
	_, unescaped, _ := client.Users.GetPackage(t.Context(), "octo", "container", "app/sub")
	_, ofUser, _ := client.Users.GetPackage(t.Context(), "octo", "container", "app%2Fsub")
	_, ofOrg, _ := client.Organizations.GetPackage(t.Context(), "octocat", "container", "tool")
	for i, response := range []*github.Response{escapedTwice, unescaped, ofUser, ofOrg} {
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("wrong way %d to ask for a package: %s", i, response.Status)
		}
	}
	owner, _, err := client.Users.Get(t.Context(), "octocat")
	if err != nil || owner.GetType() != "User" {
		t.Errorf("owner %v, %v", owner, err)
	}
}

func checkRepositories(t *testing.T, client *github.Client) {
	t.Helper()
	repository, _, err := client.Repositories.Get(t.Context(), "octo", "app")
	if err != nil || repository.GetDefaultBranch() != "main" || repository.GetDescription() != "An app" ||
		repository.GetLicense().GetSPDXID() != "MIT" || repository.GetVisibility() != "private" {
		t.Errorf("repository %v, %v", repository, err)
	}
	commit, _, err := client.Git.GetCommit(t.Context(), "octo", "app", strings.Repeat("2", 40))
	if err != nil || commit.GetCommitter().GetDate().Format(time.RFC3339) != "2026-03-04T06:06:07Z" {
		t.Errorf("commit %v, %v", commit, err)
	}
	var tags []string
	for page := 1; page != 0; {
		list, response, err := client.Repositories.ListTags(t.Context(), "octo", "app", &github.ListOptions{Page: page, PerPage: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			tags = append(tags, one.GetName())
		}
		page = response.NextPage
	}
	if got := strings.Join(tags, " "); got != "v1.1.0-rc.1 v1.1.0 v1.0.0" {
		t.Errorf("tags %s", got)
	}
	for head, want := range map[string]string{"v1.1.0": "ahead", "v1.0.0": "identical", "main": "ahead", strings.Repeat("1", 40): "identical"} {
		if compared, _, err := client.Repositories.CompareCommits(t.Context(), "octo", "app", "v1.0.0", head, nil); err != nil || compared.GetStatus() != want {
			t.Errorf("v1.0.0...%s: %v, %v, want %s", head, compared.GetStatus(), err, want)
		}
	}
	if _, response, _ := client.Git.GetCommit(t.Context(), "octo", "app", strings.Repeat("4", 40)); response.StatusCode != http.StatusNotFound {
		t.Errorf("a commit that is not there: %s", response.Status)
	}
}

// TestGitHubAPIRefuses says no in GitHub's words.
func TestGitHubAPIRefuses(t *testing.T) {
	t.Parallel()
	says := map[string]*Answer{"/orgs/saml/": NoSSO(), "/orgs/listed/": NotFromHere("listed"), "/orgs/app/": NotAccessible()}
	api := NewGitHubAPI(t, GitHubAPIOptions{Token: "right", Packages: []Package{{Owner: "octo", Name: "app"}}, Refuse: func(r *http.Request) *Answer {
		for path, answer := range says {
			if strings.Contains(r.URL.Path, path) {
				return answer
			}
		}
		return nil
	}})
	for _, tt := range []struct {
		owner, authorization string
		status               int
		says                 string
	}{
		{"octo", "Bearer right", 200, `"visibility":"private"`},
		{"octo", "token right", 200, `"package_type":"container"`},
		{"octo", "Bearer wrong", 401, "Bad credentials"},
		{"octo", "", 401, "Requires authentication"},
		{"other", "Bearer right", 404, "Package not found."},
		{"saml", "Bearer right", 403, "SAML enforcement"},
		{"listed", "Bearer right", 403, "the `listed` organization has an IP allow list enabled"},
		{"app", "Bearer right", 403, "Resource not accessible by integration"},
	} {
		status, body := ask(t, &http.Transport{}, api.URL+"/orgs/"+tt.owner+"/packages/container/app", tt.authorization)
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s as %q: %d %s", tt.owner, tt.authorization, status, body)
		}
	}
}
