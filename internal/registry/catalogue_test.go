package registry

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
)

// recorded is what was reported of a registry or a builder, and what must become
// of it. The rows are those of ../shared/reference/packages.md, section 2, which
// names the public reports; 0 has its source here.
type recorded struct {
	row       int
	source    string
	name      string
	entry     string // of the catalogue; empty: of the network
	image     string // "" is ghcr.io/octo-org/app
	method    string
	path      string // below https://HOST
	status    int
	body      string // of the answer
	text      string // in place of an answer: what BuildKit or an engine says
	err       error  // in place of both
	situation Situation
	token     packages.Token // of the login; NotGitHubs is GITHUB_TOKEN
	found     Package
	pulling   bool
	anonymous bool
	notDenied bool
	mayPush   bool
	lasts     bool // asked of rows with a source only
	what      []string
	why       []string
	do        []string
}

// refusal is what becomes of a registry's answer.
func (c recorded) cause(t *testing.T) error {
	t.Helper()
	switch {
	case c.err != nil:
		return c.err
	case c.text != "":
		return errors.New(c.text)
	}
	image := newRepository(t, c.imageName())
	asked, err := url.Parse("https://" + image.RegistryStr() + c.path + "?access_token=" + password)
	if err != nil {
		t.Fatal(err)
	}
	resp := &http.Response{
		StatusCode: c.status, Body: io.NopCloser(strings.NewReader(c.body)),
		Request: &http.Request{Method: c.method, URL: asked, Header: http.Header{"Authorization": {"Basic " + encoded}}},
	}
	defer resp.Body.Close()
	return Answer(resp)
}

func (c recorded) imageName() string {
	if c.image == "" {
		return "ghcr.io/octo-org/app"
	}
	return c.image
}

// octo is a run of the repository that owns ghcr.io/octo-org/app.
func octo() Situation {
	return Situation{Repository: "Octo-Org/App", Owner: packages.Organization}
}

func denial(message string) string {
	return `{"errors":[{"code":"DENIED","message":"` + message + `"}]}`
}

// elsewhere are the rows that cannot come up in publishing or pulling, and why.
func elsewhere() map[int]string {
	return map[int]string{
		16: "names are lower-cased before anything is asked",
		39: "deleting versions is another command's",
		40: "deleting versions is another command's",
		41: "deleting versions is another command's",
		42: "of the REST API, not a registry's: the package page says so",
		43: "attestations are a later stage",
		44: "attestations are a later stage",
		45: "attestations are a later stage",
		46: "attestations are a later stage",
		47: "attestations are a later stage",
		48: "attestations are a later stage",
	}
}

func TestCatalogueOfFailures(t *testing.T) {
	t.Parallel()
	seen, hit := map[int]bool{}, map[string]bool{}
	for _, c := range recordings() {
		seen[c.row], hit[c.entry] = true, true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
	for row := 1; row <= 48; row++ {
		if why, out := elsewhere()[row]; out == seen[row] {
			t.Errorf("row %d: recorded is %t, and it is left out: %q", row, seen[row], why)
		}
	}
	for _, e := range catalogue() {
		if !hit[e.name] {
			t.Errorf("the entry %q explains nothing that was recorded", e.name)
		}
	}
}

func (c recorded) check(t *testing.T) {
	t.Helper()
	cause := c.cause(t)
	s := c.situation
	if s.Repository == "" {
		s = octo()
	}
	access := Pushing
	if c.pulling {
		access = Pulling
	}
	repo := newRepository(t, c.imageName())
	token := c.token
	if token == packages.NotGitHubs && !c.anonymous {
		token = packages.Installation
	}
	r := refused{Refusal: ReadRefusal(cause), Situation: s, access: access, repo: repo, anonymous: c.anonymous, token: token, found: c.found}
	r.mayPush = c.mayPush
	meaning := r.meaning(cause)
	if taken := entryOf(r, cause); taken != c.entry {
		t.Errorf("row %d is explained by %q, want %q", c.row, taken, c.entry)
	}
	if c.row == 0 && (c.source == "" || meaning.Lasts != c.lasts) {
		t.Errorf("it lasts: %t, want %t; the source is %q", meaning.Lasts, c.lasts, c.source)
	}
	if denied := r.Denied(); denied == c.notDenied {
		t.Errorf("row %d: denied is %t", c.row, denied)
	}
	holds(t, "what", meaning.What, c.what)
	holds(t, "why", meaning.Why, c.why)
	holds(t, "do", meaning.Do, c.do)
	err := &Error{Doing: "publishing", Meaning: meaning, host: repo.RegistryStr(), refusal: r.Refusal, cause: cause}
	if said := r.Words; said != "" && !strings.Contains(err.Error(), said) {
		t.Errorf("row %d: %q does not hold the registry's words %q", c.row, err, said)
	}
	showsNoPassword(t, err)
	t.Logf("row %d: %s", c.row, strings.ReplaceAll(err.Error(), "\n", "\n    "))
}

// entryOf names the entry that is taken; none for the network.
func entryOf(r refused, cause error) string {
	if r.Status == 0 && r.network(cause) != (Meaning{}) {
		return ""
	}
	for _, e := range catalogue() {
		if e.fits(r) {
			return e.name
		}
	}
	return "none"
}

func holds(t *testing.T, part, text string, wanted []string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%s is %q, want %q in it", part, text, want)
		}
	}
	if wanted == nil && part == "what" {
		t.Errorf("the case says nothing of what happened: %q", text)
	}
}

func dialFailed(words string) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New(words)}
}
