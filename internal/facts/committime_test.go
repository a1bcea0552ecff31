package facts

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	apiToken  = "ghs_TheRunsOwnToken"
	apiCommit = `{"sha":"` + headSHA + `","author":{"date":"2020-01-01T00:00:00Z"},"committer":{"date":"2026-03-30T10:00:00+02:00"}}`
)

var apiTime = time.Date(2026, time.March, 30, 8, 0, 0, 0, time.UTC)

// server answers as GitHub's API and keeps what it was asked.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func newServer(t *testing.T, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Clone(context.WithoutCancel(r.Context())))
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) asked() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request{}, s.requests...)
}

func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// release is an event that does not carry the commit.
func release(api string) map[string]string {
	return map[string]string{
		"GITHUB_EVENT_NAME": "release", "GITHUB_API_URL": api,
		"GITHUB_EVENT_PATH": filepath.Join("testdata", "events", "release.json"),
	}
}

func TestCommitTimeComesFromTheCheckout(t *testing.T) {
	t.Parallel()
	dir, sha := newCheckout(t)
	api := newServer(t, answers(http.StatusOK, apiCommit))
	vars := release(api.URL)
	vars["GITHUB_SHA"] = sha
	source := newSource(t, vars)
	source.Dir = dir
	got, err := Load(t.Context(), source)
	if err != nil || !got.Commit.Time.Equal(committed) {
		t.Errorf("Load: commit of %v, error %v, want the committer's time %v", got.Commit.Time, err, committed)
	}
	if asked := api.asked(); len(asked) > 0 {
		t.Errorf("the API was asked %d times for what the checkout tells", len(asked))
	}
}

func TestCommitTimeComesFromTheEvent(t *testing.T) {
	t.Parallel()
	api := newServer(t, answers(http.StatusOK, apiCommit))
	other, _ := newCheckout(t)
	for name, dir := range map[string]string{"no checkout": t.TempDir(), "another commit checked out": other} {
		source := newSource(t, map[string]string{"GITHUB_API_URL": api.URL})
		source.Dir = dir
		got, err := Load(t.Context(), source)
		want := time.Date(2026, time.March, 29, 12, 6, 31, 0, time.UTC)
		if err != nil || !got.Commit.Time.Equal(want) {
			t.Errorf("%s: Load: commit of %v, error %v, want the event's time %v", name, got.Commit.Time, err, want)
		}
	}
	if asked := api.asked(); len(asked) > 0 {
		t.Errorf("the API was asked %d times for what the event tells", len(asked))
	}
}

func TestCommitTimeComesFromTheAPI(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name                string
		path                string // below the server's address
		token               string
		wantPath, wantLogin string
	}{
		{"github.com", "", apiToken, "/repos/Octo-Org/Hello-World/git/commits/" + headSHA, "Bearer " + apiToken},
		{"an Enterprise server", "/api/v3", apiToken, "/api/v3/repos/Octo-Org/Hello-World/git/commits/" + headSHA, "Bearer " + apiToken},
		{"a slash at the end", "/api/v3/", apiToken, "/api/v3/repos/Octo-Org/Hello-World/git/commits/" + headSHA, "Bearer " + apiToken},
		{"without a token", "", "", "/repos/Octo-Org/Hello-World/git/commits/" + headSHA, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := newServer(t, answers(http.StatusOK, apiCommit))
			source := newSource(t, release(api.URL+c.path))
			source.Token = c.token
			got, err := Load(t.Context(), source)
			if err != nil || !got.Commit.Time.Equal(apiTime) {
				t.Errorf("Load: commit of %v, error %v, want %v", got.Commit.Time, err, apiTime)
			}
			asked := api.asked()
			if len(asked) != 1 {
				t.Fatalf("the API was asked %d times, want once", len(asked))
			}
			if r := asked[0]; r.Method != http.MethodGet || r.URL.Path != c.wantPath || r.Header.Get("Authorization") != c.wantLogin {
				t.Errorf("the API was asked %s %s with %q, want GET %s with %q", r.Method, r.URL.Path, r.Header.Get("Authorization"), c.wantPath, c.wantLogin)
			}
		})
	}
}

// TestCommitTimeIsUnknownWhenTheAPIFails: nothing else depends on it.
func TestCommitTimeIsUnknownWhenTheAPIFails(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"not found", answers(http.StatusNotFound, `{"message":"Not Found"}`)},
		{"forbidden", answers(http.StatusForbidden, `{"message":"Resource not accessible by integration"}`)},
		{"rate limit", answers(http.StatusTooManyRequests, `{"message":"API rate limit exceeded"}`)},
		{"broken", answers(http.StatusInternalServerError, "<html>")},
		{"not JSON", answers(http.StatusOK, "<html>")},
		{"nothing", answers(http.StatusOK, "")},
		{"no committer", answers(http.StatusOK, `{"sha":"`+headSHA+`"}`)},
		{"null", answers(http.StatusOK, `null`)},
		{"a time that is none", answers(http.StatusOK, `{"committer":{"date":"yesterday"}}`)},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"sha":`))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := newServer(t, c.handler)
			unknownTime(t, newSource(t, release(api.URL)))
			if len(api.asked()) == 0 {
				t.Error("the API was not asked")
			}
		})
	}
	t.Run("nothing listens", func(t *testing.T) {
		t.Parallel()
		unknownTime(t, newSource(t, release("http://127.0.0.1:1")))
	})
	t.Run("not an address", func(t *testing.T) {
		t.Parallel()
		unknownTime(t, newSource(t, release("http://[::1")))
	})
}

func unknownTime(t *testing.T, source Source) {
	t.Helper()
	source.Token = apiToken
	got, err := Load(t.Context(), source)
	if err != nil || !got.Commit.Time.IsZero() || got.Commit.SHA != headSHA {
		t.Errorf("Load: commit %+v, error %v, want %s of an unknown time", got.Commit, err, headSHA)
	}
}

// TestSlowAPIHoldsNothingUp waits for as long as the product does.
func TestSlowAPIHoldsNothingUp(t *testing.T) {
	t.Parallel()
	api := newServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	start := time.Now()
	unknownTime(t, newSource(t, release(api.URL)))
	if took := time.Since(start); took > apiWithin+20*time.Second {
		t.Errorf("Load took %v, want at most %v", took, apiWithin)
	}
}

// TestAPITokenGoesToTheAPIOnly is an API that sends its clients to another host.
func TestAPITokenGoesToTheAPIOnly(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect} {
		elsewhere := newServer(t, answers(http.StatusOK, apiCommit))
		api := newServer(t, http.RedirectHandler(elsewhere.URL+"/moved", status).ServeHTTP)
		source := newSource(t, release(api.URL))
		source.Token = apiToken
		if _, err := Load(t.Context(), source); err != nil {
			t.Error(err)
		}
		for _, r := range elsewhere.asked() {
			if got := r.Header.Get("Authorization"); got != "" {
				t.Errorf("after a %d another host got the Authorization %q", status, got)
			}
		}
		if len(api.asked()) != 1 {
			t.Errorf("the API was asked %d times, want once", len(api.asked()))
		}
	}
}

func TestRenamedRepositoryIsFollowed(t *testing.T) {
	t.Parallel()
	api := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/repositories/1296269/git/commits/"+headSHA {
			answers(http.StatusOK, apiCommit)(w, r)
			return
		}
		http.Redirect(w, r, "/repositories/1296269/git/commits/"+headSHA, http.StatusMovedPermanently)
	})
	source := newSource(t, release(api.URL))
	source.Token = apiToken
	got, err := Load(t.Context(), source)
	if err != nil || !got.Commit.Time.Equal(apiTime) {
		t.Errorf("Load: commit of %v, error %v, want %v", got.Commit.Time, err, apiTime)
	}
	for _, r := range api.asked() {
		if got := r.Header.Get("Authorization"); got != "Bearer "+apiToken {
			t.Errorf("GET %s had the Authorization %q", r.URL.Path, got)
		}
	}
}

func TestRedirectsInACircleEnd(t *testing.T) {
	t.Parallel()
	api := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) })
	unknownTime(t, newSource(t, release(api.URL)))
	if asked := len(api.asked()); asked > 5 {
		t.Errorf("the API was asked %d times", asked)
	}
}
