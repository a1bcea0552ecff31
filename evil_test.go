package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// evilHost is somebody else's, with a certificate that everybody trusts.
const evilHost = "registry.evil.test"

// evilWithin is how long a run may take. Retries are the longest part.
const evilWithin = 2 * time.Minute

// evil is somebody else's server: at evilHost, at ports of ghcr.io that are not the
// registry's, and wherever plain http leads, as for somebody in between. It keeps
// all that it is sent, and takes everything.
type evil struct {
	mu    sync.Mutex
	heads int      // requests
	with  []string // Authorization headers
	all   bytes.Buffer
}

func (e *evil) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	e.mu.Lock()
	e.heads++
	fmt.Fprintf(&e.all, "%s %s %s\n%v\n%s\n", r.Method, r.Host, r.URL, r.Header, body)
	if r.URL.User != nil {
		fmt.Fprintln(&e.all, r.URL.User)
	}
	if with := r.Header.Get("Authorization"); with != "" {
		e.with = append(e.with, with)
	}
	e.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/token"):
		fmt.Fprint(w, `{"token":"e30.e30.e30","access_token":"e30.e30.e30"}`)
	case r.Method == http.MethodPost:
		w.Header().Set("Location", r.URL.Path+"one")
		w.WriteHeader(http.StatusAccepted)
	case r.Method == http.MethodPut:
		w.WriteHeader(http.StatusCreated)
	case r.Header.Get("Authorization") == "": // it asks for a login
		w.Header().Set("WWW-Authenticate", `Basic realm="evil"`)
		w.WriteHeader(http.StatusUnauthorized)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// evilCase is something that ghcr.io does to send its clients elsewhere.
type evilCase struct {
	name  string
	fault func(r *http.Request) *testenv.Answer
	code  int
	says  string
}

// preflights are the values of that input that make a difference: without one, it
// is BuildKit that first comes to the token server.
func (c evilCase) preflights() []string {
	if strings.HasPrefix(c.name, "token server") || strings.HasPrefix(c.name, "realm") {
		return []string{"true", "false"}
	}
	return []string{"true"}
}

// evilPlaces are where clients are sent.
func evilPlaces() map[string]string {
	return map[string]string{
		"another host": "https://" + evilHost,
		"plain http":   "http://ghcr.io",
		"evil's http":  "http://" + evilHost,
		"another port": "https://ghcr.io:8443",
		"a user name":  "https://ghcr.io@" + evilHost,
		"two slashes":  "//" + evilHost,
	}
}

func evilCases() []evilCase {
	var all []evilCase
	manifest := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/manifests/") }
	upload := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/blobs/uploads/") }
	blob := func(r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/blobs/") && !strings.Contains(r.URL.Path, "/uploads/")
	}
	isToken := func(r *http.Request) bool { return r.URL.Path == "/token" }
	for place, to := range evilPlaces() {
		if place != "another port" && place != "two slashes" { // another port of the host is the registry's own choice
			all = append(all, evilCase{name: "realm at " + place, fault: challenging(to + "/token"), code: 1, says: "realm"})
		}
		for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
			if place != "another port" {
				all = append(all, evilCase{name: fmt.Sprintf("token server, %d to %s", status, place), fault: sending(isToken, "", status, to), code: 1})
			}
		}
		all = append(all,
			evilCase{name: "manifests, 307 to " + place, fault: sending(manifest, "", http.StatusTemporaryRedirect, to), code: 1},
			evilCase{name: "manifests read, 302 to " + place, fault: sending(manifest, http.MethodGet, http.StatusFound, to), code: 1},
			evilCase{name: "blobs, 301 to " + place, fault: sending(blob, "", http.StatusMovedPermanently, to), code: -1},
			evilCase{name: "uploads, 308 to " + place, fault: sending(upload, http.MethodPost, http.StatusPermanentRedirect, to), code: -1},
			evilCase{name: "Location of uploads at " + place, fault: sending(upload, http.MethodPost, http.StatusAccepted, to), code: -1},
		)
	}
	return all
}

// challenging has everybody without a login sent to a token server.
func challenging(realm string) func(*http.Request) *testenv.Answer {
	return func(r *http.Request) *testenv.Answer {
		if !strings.HasPrefix(r.URL.Path, "/v2/") || r.Header.Get("Authorization") != "" {
			return nil
		}
		return &testenv.Answer{Status: http.StatusUnauthorized, Header: http.Header{
			"Www-Authenticate": {fmt.Sprintf(`Bearer realm=%q,service="ghcr.io",scope="repository:octo/app:pull,push"`, realm)},
		}}
	}
}

// sending has those sent elsewhere who are logged in, or come for a token.
func sending(which func(*http.Request) bool, method string, status int, to string) func(*http.Request) *testenv.Answer {
	return func(r *http.Request) *testenv.Answer {
		known := r.Header.Get("Authorization") != "" || r.URL.Path == "/token"
		if !known || !which(r) || method != "" && r.Method != method {
			return nil
		}
		return &testenv.Answer{Status: status, Header: http.Header{"Location": {to + r.URL.RequestURI()}}}
	}
}

// TestEvilRegistry has ghcr.io send its clients elsewhere, before and after they
// are logged in: Slipway, and BuildKit, which leaves to it how it logs in. Neither
// the token nor a build secret goes anywhere else.
//
// What may go elsewhere is what the registry has made itself: BuildKit's client
// takes a bearer token along to another port of the same host and to plain http
// (Go's http.Client compares host names alone), and leaves it away from other hosts
// and from a Location. The table counts those requests.
func TestEvilRegistry(t *testing.T) {
	t.Parallel()
	table := newTable(t, "what ghcr.io does", "preflight", "exit", "requests elsewhere", "with a login of the registry's making", "leaked")
	limit := make(chan struct{}, 4)
	for _, c := range evilCases() {
		for _, preflight := range c.preflights() {
			t.Run(c.name+", preflight "+preflight, func(t *testing.T) {
				t.Parallel()
				limit <- struct{}{}
				defer func() { <-limit }()
				e := &evil{}
				g, env := beside(t, e, testenv.GitHubOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
					if r.Host != testenv.ContainerHost {
						return nil
					}
					return c.fault(r)
				}})
				daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: env})
				needles := needlesOf(canary{"token", g.Token}, canary{"build secret", "canary-of-the-build-4711-0815"})
				r := start(t, step{program: installed(t), dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: append(append(gitHubRunner(g), env...),
					"BUILDKIT_HOST="+daemon.Address, "INPUT_PREFLIGHT="+preflight, "INPUT_SECRETS=canary=canary-of-the-build-4711-0815")})
				if strings.Contains(c.name, "ploads") { // a push that is tried again shows nothing more
					go r.endAt("trying again in")
				}
				stuck := time.AfterFunc(evilWithin, func() { _ = r.cmd.Process.Signal(syscall.SIGQUIT) })
				code := r.wait()
				if !stuck.Stop() {
					t.Errorf("it does not end within %s", evilWithin)
				}
				e.mu.Lock()
				defer e.mu.Unlock()
				leaks := findIn(e.all.Bytes(), needles)
				table.add(c.name, preflight, fmt.Sprint(code), fmt.Sprint(e.heads), fmt.Sprint(len(e.with)), fmt.Sprint(len(leaks)))
				if len(leaks) > 0 {
					t.Errorf("somebody else got %q", leaks)
				}
				if c.code >= 0 && code != c.code {
					t.Errorf("exit code %d, want %d\n%s", code, c.code, tail(r.said()))
				}
				if code == 1 && (!strings.Contains(r.said(), "::error") || !strings.Contains(r.said(), c.says)) {
					t.Errorf("there is no error with %q:\n%s", c.says, tail(r.said()))
				}
				if again := findIn([]byte(unmasked(r.said())), needles); len(again) > 0 {
					t.Errorf("the log has %q", again)
				}
			})
		}
	}
}

// endAt cancels a run as soon as it says something.
func (r *running) endAt(text string) {
	for deadline := time.Now().Add(evilWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if strings.Contains(r.said(), text) {
			_ = r.cmd.Process.Signal(syscall.SIGTERM)
			return
		}
	}
}

// beside starts GitHub with somebody else's server beside it, and returns what a
// process needs in its environment to reach both.
func beside(t *testing.T, e *evil, options testenv.GitHubOptions) (*testenv.GitHub, []string) {
	t.Helper()
	options.CA = testenv.NewCA(t, "slipway test authority")
	pair, err := tls.X509KeyPair(options.CA.ServerOf("evil", evilHost, testenv.ContainerHost))
	if err != nil {
		t.Fatal(err)
	}
	secure, open := httptest.NewUnstartedServer(e), httptest.NewServer(e)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	t.Cleanup(open.Close)
	address := secure.Listener.Addr().String()
	options.Hosts = map[string]string{evilHost + ":443": address, testenv.ContainerHost + ":8443": address}
	g := testenv.NewGitHub(t, options)
	return g, append(g.Env(), "HTTP_PROXY="+open.URL) // who goes to plain http goes to evil
}

// unmasked is a log without the lines that tell the runner what to hide.
func unmasked(log string) string {
	var kept []string
	for line := range strings.SplitSeq(log, "\n") {
		if !strings.HasPrefix(line, "::add-mask::") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
