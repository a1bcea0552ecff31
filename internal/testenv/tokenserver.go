package testenv

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// TokenServer hands out tokens for registries as https://distribution.github.io/distribution/spec/auth/token/ has it,
// with GET and basic authentication, or with POST and an OAuth2 form of grant_type=password (BuildKit tries that
// first). Like ghcr.io it answers every good login with 200 and a token for as much of what was asked as the user may
// do, which can be nothing: the refusal comes from the registry. A bad login gets 401.
type TokenServer struct {
	// Realm is the address that registries send clients to. Set it to the Realm of a Proxy in front of Host before
	// NewRegistry to count, delay or break the requests for tokens.
	Realm string
	// Host is 127.0.0.1:port.
	Host string
	// Service is the name of the registry that the tokens are for. Set it before NewRegistry; it has a default.
	Service string
	// Lifetime is how long a registry takes a token, and what expires_in says, 5 minutes by default. BuildKit keeps
	// tokens of less than a minute for a minute, so that it comes with tokens that have run out. Set it before the
	// first request, as Skew.
	Lifetime time.Duration
	// Skew is how far the server's clock is ahead of the registry's, which lets a minute pass and refuses a token that
	// is more than that from the future.
	Skew time.Duration

	grants []Grant
	public func(repository string) bool // for everybody to pull, besides the grants, who then need no login; nil for none
	ghcr   bool                         // be as ghcr.io is: a token for every password that is known, with any name, and for nobody
	key    ed25519.PrivateKey

	mu       sync.Mutex
	requests []TokenRequest
}

// Grant is what one user may do. A user with several grants has the password of the first.
type Grant struct {
	// User and Password are the login. With both empty the grant is for everybody who does not log in; unless there
	// is such a grant, they get 401.
	User, Password string
	// Repository names the repositories; * stands for any characters, slashes too. Empty means none.
	Repository string
	// Actions are pull, push and delete.
	Actions []string
}

// TokenRequest is one request that the server answered.
type TokenRequest struct {
	Time   time.Time // of its arrival
	Method string
	User   string
	Scopes []string // as asked for: repository:name:pull,push
	Status int
}

// NewTokenServer starts a token server on a free port of 127.0.0.1. It ends with the test.
func NewTokenServer(t T, grants ...Grant) *TokenServer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("generating the key of the token server: %v", err)
	}
	s := &TokenServer{grants: slices.Clone(grants), key: key}
	s.Host = serve(t, s, nil)
	s.Realm = realm(s.Host)
	return s
}

// realm returns the address of a token server by name: go-containerregistry refuses a realm on another port with a
// loopback address in figures, which would let a registry make it ask a service of the local network.
func realm(host string) string {
	return "http://" + strings.Replace(host, "127.0.0.1", "localhost", 1) + "/token"
}

// Requests returns the requests answered so far, in order.
func (s *TokenServer) Requests() []TokenRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP answers any path.
func (s *TokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := TokenRequest{Time: time.Now(), Method: r.Method}
	var password string
	request.User, password, request.Scopes, request.Status = readTokenRequest(r)
	body := map[string]any{}
	if request.Status == http.StatusOK {
		request.Status, body = s.answer(request, password)
	}
	if request.Status != http.StatusOK {
		message := http.StatusText(request.Status)
		if s.ghcr && request.Status == http.StatusForbidden {
			message = "denied"
		}
		body = map[string]any{"errors": []any{map[string]any{"code": "DENIED", "message": message}}}
	}
	// Recorded before the answer, so that a client that has it finds it in Requests.
	s.mu.Lock()
	s.requests = append(s.requests, request)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(request.Status)
	_ = json.NewEncoder(w).Encode(body)
}

// readTokenRequest returns a status other than 200 for what is no request for a token. Several scopes come as several
// parameters or, in a form, as one with blanks.
func readTokenRequest(r *http.Request) (user, password string, scopes []string, status int) {
	switch r.Method {
	case http.MethodGet:
		user, password, _ = r.BasicAuth()
		scopes = strings.Fields(strings.Join(r.URL.Query()["scope"], " "))
	case http.MethodPost:
		if r.PostFormValue("grant_type") != "password" {
			return "", "", nil, http.StatusBadRequest
		}
		user, password = r.PostFormValue("username"), r.PostFormValue("password")
		scopes = strings.Fields(r.PostFormValue("scope"))
	default:
		return "", "", nil, http.StatusMethodNotAllowed
	}
	return user, password, scopes, http.StatusOK
}
