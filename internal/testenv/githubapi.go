package testenv

import (
	"net/http"
	"net/url"
	"strings"
)

// GitHubAPIOptions say what the API knows.
type GitHubAPIOptions struct {
	// Token is what is taken for a login; it sees every package and repository. Empty takes any.
	Token        string
	Packages     []Package
	Repositories []Repository
	// Users are the owners of packages and repositories that are users. All others are organizations.
	Users []string
	// Refuse may answer in its place.
	Refuse func(r *http.Request) *Answer
}

// GitHubAPI stands in for that part of GitHub's REST API which is about packages, their owners and repositories. Its
// bodies have the names and forms that https://docs.github.com/rest shows.
type GitHubAPI struct {
	// URL is where it answers on plain HTTP, as an Enterprise server's: http://127.0.0.1:port/api/v3. As GitHub.API it
	// also is https://api.github.com.
	URL string

	opt      GitHubAPIOptions
	packages *packages
	tokens   *TokenServer // whose grants are taken for logins too; nil for none
	front    *Proxy       // records
}

// NewGitHubAPI starts an API alone. It ends with the test.
func NewGitHubAPI(t T, opt GitHubAPIOptions) *GitHubAPI {
	t.Helper()
	return newGitHubAPI(t, newPackages(opt.Packages), nil, opt)
}

func newGitHubAPI(t T, all *packages, tokens *TokenServer, opt GitHubAPIOptions) *GitHubAPI {
	t.Helper()
	a := &GitHubAPI{opt: opt, packages: all, tokens: tokens}
	a.front = &Proxy{forward: a.routes()}
	if opt.Refuse != nil {
		a.front.opt.Fault = func(_ int, r *http.Request) *Answer { return opt.Refuse(r) }
	}
	a.URL = "http://" + serve(t, a, nil) + "/api/v3"
	return a
}

// Requests returns the requests so far, in the order of their arrival.
func (a *GitHubAPI) Requests() []ProxyRequest { return a.front.Requests() }

// ServeHTTP answers with /api/v3 before the path, and without.
func (a *GitHubAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.front.ServeHTTP(w, r) }

// routes matches paths with their escapes: a name's slash is %2F, and one that is not, or twice, is another path.
func (a *GitHubAPI) routes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := a.find(r)
		if answer == nil {
			answer = APIRefusal(http.StatusNotFound, "Not Found")
		}
		answer.answer(w, r, nil)
	})
}

// find returns nil for what is not there.
func (a *GitHubAPI) find(r *http.Request) *Answer {
	if r.Method != http.MethodGet {
		return nil
	}
	user, ok := a.login(r)
	if !ok {
		return APIRefusal(http.StatusUnauthorized, "Bad credentials")
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return nil
		}
		parts[i] = plain
	}
	switch {
	case len(parts) == 2 && parts[0] == "users":
		return asJSON(http.StatusOK, a.owner(r, parts[1]))
	case len(parts) == 5 && (parts[0] == "users" || parts[0] == "orgs") && parts[2] == "packages" && parts[3] == "container":
		return a.findPackage(r, user, parts[0] == "users", parts[1]+"/"+parts[4])
	case len(parts) >= 3 && parts[0] == "repos":
		return a.findRepository(r, user, parts[1]+"/"+parts[2], parts[3:])
	}
	return nil
}

// caller is whoever asks.
type caller struct {
	user  string
	known bool // has a login
	all   bool // may see everything
}

// login returns false for a token that is not known.
func (a *GitHubAPI) login(r *http.Request) (caller, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case scheme == "":
		return caller{}, true
	case !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token"):
		return caller{}, false
	case a.opt.Token != "" && token == a.opt.Token, a.opt.Token == "" && a.tokens == nil:
		return caller{known: true, all: true}, true
	case a.tokens == nil:
		return caller{}, false
	}
	for _, grant := range a.tokens.grants {
		if grant.Password == token && token != "" {
			return caller{user: grant.User, known: true}, true
		}
	}
	return caller{}, false
}

// sees reports whether the caller may know that a repository of images is there.
func (a *GitHubAPI) sees(c caller, image string) bool {
	return c.all || a.tokens != nil && a.tokens.may(c.user, strings.ToLower(image), "pull")
}
