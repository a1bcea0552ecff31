package testenv

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// GitServer is git's own HTTP server, with repositories of its own.
type GitServer struct {
	Host string // 127.0.0.1:port
	URL  string // http://127.0.0.1:port

	dir   string
	files sync.Map // content by path
}

// NewGitServer starts a server that wants this token as password, or nothing where it is empty.
func NewGitServer(t T, token string) *GitServer {
	t.Helper()
	dir := t.TempDir()
	programs := git(t, dir, "--exec-path")
	backend := &cgi.Handler{
		Path: filepath.Join(programs, "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	s := &GitServer{dir: dir}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if content, ok := s.files.Load(r.URL.Path); ok {
			_, _ = w.Write(content.([]byte))
			return
		}
		if user, password, _ := r.BasicAuth(); token != "" && (user != "x-access-token" || password != token) {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "log in", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.Host, s.URL = strings.TrimPrefix(server.URL, "http://"), server.URL
	return s
}

// Serve answers with a file, without a login, and returns its URL.
func (s *GitServer) Serve(path string, content []byte) string {
	s.files.Store(path, content)
	return s.URL + path
}

// Commit makes a commit of these files on the branch of a repository, owner/name, and returns its name.
func (s *GitServer) Commit(t T, repository, branch string, files map[string]string) string {
	t.Helper()
	work := t.TempDir()
	git(t, work, "init", "-q", "-b", branch)
	for path, content := range files {
		path = filepath.Join(work, path)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatalf("writing a file of the repository: %v", err)
		}
	}
	git(t, work, "add", "-A")
	git(t, work, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", branch)
	bare := filepath.Join(s.dir, repository+".git")
	git(t, work, "init", "-q", "--bare", "-b", "main", bare)
	git(t, bare, "config", "uploadpack.allowAnySHA1InWant", "true") // as GitHub's does
	git(t, work, "push", "-q", bare, branch)
	return git(t, work, "rev-parse", "HEAD")
}

// git runs git in a directory and returns what it says.
func git(t T, dir string, arguments ...string) string {
	t.Helper()
	cmd := Command(t, "git", arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(arguments, " "), err, said)
	}
	return strings.TrimSpace(string(said))
}
