package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// faultLab is what runs with faults have in common: one BuildKit, and one registry with its token server behind a proxy.
// Every run has a repository of its own there, and a proxy before it.
type faultLab struct {
	program  string
	daemon   *testenv.Daemon
	registry *testenv.Registry
	ledger   *ledger
	trials   sync.Map // repository to *trial, for requests for tokens
}

func newFaultLab(t *testing.T, l *ledger) *faultLab {
	t.Helper()
	installed, err := exec.LookPath("slipway")
	if err != nil {
		t.Fatal(err)
	}
	lab := &faultLab{program: installed, daemon: testenv.Buildkitd(t, testenv.BuildkitdOptions{}), ledger: l}
	lab.serve(t, func(*testenv.TokenServer) {})
	return lab
}

// another is a lab with a registry of its own, whose token server may be otherwise.
func (lab *faultLab) another(t *testing.T, change func(*testenv.TokenServer)) *faultLab {
	t.Helper()
	other := &faultLab{program: lab.program, daemon: lab.daemon, ledger: lab.ledger}
	other.serve(t, change)
	return other
}

func (lab *faultLab) serve(t *testing.T, change func(*testenv.TokenServer)) {
	t.Helper()
	tokens := testenv.NewTokenServer(t, testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}})
	front := testenv.NewProxy(t, tokens.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if one, ok := lab.trials.Load(scopedTo(r)); ok {
			return one.(*trial).answer(r)
		}
		return nil
	}})
	tokens.Realm = front.Realm()
	change(tokens)
	lab.registry = testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
}

// scope is the repository in a request for a token.
var scope = regexp.MustCompile(`repository:([^:]+):`)

// scopedTo returns the repository that a token is wanted for, and leaves the request as it was.
func scopedTo(r *http.Request) string {
	form, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(bytes.NewReader(form))
	text, err := url.QueryUnescape(r.URL.RawQuery + "&" + string(form))
	if err != nil {
		return ""
	}
	if found := scope.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// pushed is a request of a push, by what it is for.
type pushed struct {
	class string // such as "BuildKit: PUT upload"
	nth   int    // of its class, from 1
}

// who makes it.
func (p pushed) who() string {
	who, _, _ := strings.Cut(p.class, ":")
	return who
}

func (p pushed) String() string { return fmt.Sprintf("%s %d", p.class, p.nth) }

// tagPath ends the path of a manifest that is asked for by a tag.
var tagPath = regexp.MustCompile(`/manifests/[^:]+$`)

// classOf says what a request of a push is for, and who makes it.
func classOf(r *http.Request) string {
	who := "slipway"
	if agent := r.UserAgent(); strings.Contains(agent, "buildkit") {
		who = "BuildKit"
	}
	what := "other"
	switch path := r.URL.Path; {
	case path == "/token":
		what = "token"
	case path == "/v2/":
		what = "login"
	case strings.Contains(path, "/blobs/uploads/"):
		what = "upload"
	case strings.Contains(path, "/blobs/"):
		what = "blob"
	case strings.HasSuffix(path, "/tags/list"):
		what = "list"
	case tagPath.MatchString(path):
		what = "tag"
	case strings.Contains(path, "/manifests/"):
		what = "digest"
	}
	return who + ": " + r.Method + " " + what
}

// all makes these runs, some at a time: most of them wait most of the time.
func (lab *faultLab) all(t *testing.T, atOnce int, trials []*trial) {
	t.Helper()
	limit := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for _, tr := range trials {
		limit <- struct{}{}
		group.Go(func() {
			defer func() { <-limit }()
			t.Run(tr.title(), func(t *testing.T) { tr.run(t, lab) })
		})
	}
	group.Wait()
}

// login is of whoever may do everything in the lab's registry.
func (lab *faultLab) login() remote.Option {
	return remote.WithAuth(&authn.Basic{Username: user, Password: password})
}

// seed puts an image under tags, as an earlier run has.
func (lab *faultLab) seed(t *testing.T, repository string, tags ...string) string {
	t.Helper()
	before, err := random.Image(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range tags {
		if err := remote.Write(mustParse(t, lab.registry.Host+"/"+repository+":"+tag), before, lab.login()); err != nil {
			t.Fatal(err)
		}
	}
	digest, err := before.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

// layersOf is what makes the layers of a run's image, unlike any other's.
func layersOf(repository string) (dockerfile string, files map[string][]byte) {
	return "FROM scratch\nCOPY one /\nCOPY two /\n", map[string][]byte{
		"one": []byte("one of " + repository), "two": []byte("two of " + repository),
	}
}

// readOutputs returns what a run has written to GITHUB_OUTPUT.
func readOutputs(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	values, err := parseOutputs(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return values
}
