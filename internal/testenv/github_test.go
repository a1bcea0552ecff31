package testenv

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestGitHubRegistry pushes as somebody who may, and looks at what ghcr.io does otherwise than distribution.
func TestGitHubRegistry(t *testing.T) {
	t.Parallel()
	g := NewGitHub(t, GitHubOptions{Born: Package{Repository: "octo/app"}})
	over := remote.WithTransport(g.Transport(t))
	if err := push(t, "ghcr.io/octo/app:v1", "anybody", g.Token, over); err != nil {
		t.Fatal(err)
	}
	login := remote.WithAuth(&authn.Basic{Username: "x", Password: g.Token})
	pull(t, "ghcr.io/octo/app:v1", over, login)
	if r := requestsTo(g, blobHost); len(r) == 0 || r[0].Status != http.StatusOK || r[0].Authorization != "" {
		t.Errorf("requests for blobs %+v", r)
	}

	ref := tag(t, "ghcr.io/octo/app:v1")
	head, err := remote.Head(ref, over, login)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "deletion", remote.Delete(ref.Context().Digest(head.Digest.String()), over, login), http.StatusMethodNotAllowed)
	_, err = remote.Head(ref, over)
	wantStatus(t, "anonymous pull of a private package", err, http.StatusUnauthorized)
	g.SetPackage(Package{Owner: "octo", Name: "app", Visibility: "public", Repository: "octo/app"})
	pull(t, "ghcr.io/octo/app:v1", over)
	wantStatus(t, "anonymous push", push(t, "ghcr.io/octo/app:v2", "", "", over), http.StatusUnauthorized)
	wantStatus(t, "bad token", push(t, "ghcr.io/octo/app:v2", "octocat", "ghs_other", over), http.StatusForbidden)

	transport := g.Transport(t)
	for _, tt := range []struct {
		url, authorization string
		status             int
		says               string
	}{
		{"https://ghcr.io/v2/", "", 401, "authentication required"},
		{"https://ghcr.io/v2/octo/app/referrers/" + head.Digest.String(), "", 404, "MANIFEST_UNKNOWN"},
		{"https://ghcr.io/token?service=ghcr.io&scope=repository:octo/none:pull", "", 200, `{"token":"`},
		{"https://ghcr.io/token?service=ghcr.io", "Basic eDp5", 403, `{"errors":[{"code":"DENIED","message":"denied"}]}`},
		{"https://pkg-containers.githubusercontent.com/ghcr1/blobs/" + head.Digest.String(), "", 404, ""},
		{"https://pkg-containers.githubusercontent.com/ghcr1/blobs/" + head.Digest.String() + "?sig=s", "Bearer x", 403, ""},
		{"https://docker.pkg.github.com/v2/octo/app/tags/list", "", 401, DockerForbidden},
	} {
		if status, body := ask(t, transport, tt.url, tt.authorization); status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d %s, want %d and %q", tt.url, status, body, tt.status, tt.says)
		}
	}
	pull(t, "docker.pkg.github.com/octo/app:v1", over, login)
	wantStatus(t, "pull from the older registry", headError(t, "docker.pkg.github.com/octo/app:v1", over), http.StatusUnauthorized)

	if status, _ := ask(t, g.Transport(t), "https://example.com/", ""); status != 0 || !slices.Equal(g.Refused(), []string{"example.com:443"}) {
		t.Errorf("example.com answered %d, refused are %q", status, g.Refused())
	}
}

// TestGitHubRefusals has users with few rights, and refusals that a test asks for.
func TestGitHubRefusals(t *testing.T) {
	t.Parallel()
	g := NewGitHub(t, GitHubOptions{
		Grants: []Grant{
			{User: "owner", Password: "all", Repository: "octo/*", Actions: []string{"pull", "push"}},
			{User: "reader", Password: "read", Repository: "octo/*", Actions: []string{"pull"}},
			{User: "stranger", Password: "nothing"},
		},
		EmptyReferrers: true,
		Refuse: func(r *http.Request) *Answer {
			if strings.Contains(r.URL.Path, "/octo/locked/") {
				return Denied(OrgReadDenied)
			}
			return nil
		},
	})
	over := remote.WithTransport(g.Transport(t))
	if err := push(t, "ghcr.io/octo/app:v1", "x", "all", over); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, says string
		err        error
	}{
		{"push to a package", WriteDenied, push(t, "ghcr.io/octo/app:v2", "x", "read", over)},
		{"push to a new package", CreateDenied, push(t, "ghcr.io/octo/new:v1", "x", "read", over)},
		{"push without any right", "HEAD responses have no body", push(t, "ghcr.io/octo/app:v2", "x", "nothing", over)},
		{"pull", ReadDenied, getError(t, "ghcr.io/octo/app:v1", "nothing", over)},
		{"pull of nothing", JustDenied, getError(t, "ghcr.io/octo/none:v1", "nothing", over)},
		{"refused by the test", OrgReadDenied, getError(t, "ghcr.io/octo/locked:v1", "all", over)},
	} {
		wantStatus(t, tt.name, tt.err, http.StatusForbidden)
		if tt.err != nil && !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, tt.err, tt.says)
		}
	}
	empty := "https://ghcr.io/v2/octo/app/referrers/sha256:" + strings.Repeat("0", 64)
	if status, body := ask(t, g.Transport(t), empty, ""); status != http.StatusOK || !strings.Contains(body, `"manifests":[]`) {
		t.Errorf("referrers: %d %s", status, body)
	}
}

// TestGitHubPlain leaves the quirks out: what is behind ghcr.io then is distribution as it is.
func TestGitHubPlain(t *testing.T) {
	t.Parallel()
	g := NewGitHub(t, GitHubOptions{Without: NoDelete | AnyLogin | Forbid | RedirectBlobs | AnyScope})
	over := remote.WithTransport(g.Transport(t))
	wantStatus(t, "other name", push(t, "ghcr.io/octo/app:v1", "anybody", g.Token, over), http.StatusUnauthorized)
	if err := push(t, "ghcr.io/octo/app:v1", "octocat", g.Token, over); err != nil {
		t.Fatal(err)
	}
	pull(t, "ghcr.io/octo/app:v1", over, remote.WithAuth(&authn.Basic{Username: "octocat", Password: g.Token}))
	if r := requestsTo(g, blobHost); len(r) > 0 {
		t.Errorf("requests for blobs %+v", r)
	}
}

// TestGitHubFault breaks connections behind TLS and the proxy.
func TestGitHubFault(t *testing.T) {
	t.Parallel()
	g := NewGitHub(t, GitHubOptions{Fault: Faults(
		Fault{Method: http.MethodPut, Path: "/manifests/", Count: 1, Answer: Answer{Lose: true}},
		Fault{Path: "/octo/other/", Answer: Answer{ResetAfter: 1000}},
	)})
	over := remote.WithTransport(g.Transport(t))
	patient := remote.WithRetryPredicate(func(error) bool { return false })
	if err := push(t, "ghcr.io/octo/app:v1", "x", g.Token, over, patient); err == nil || !strings.Contains(err.Error(), "connection reset by peer") {
		t.Errorf("a lost answer: %v", err)
	}
	pull(t, "ghcr.io/octo/app:v1", over, remote.WithAuth(&authn.Basic{Username: "x", Password: g.Token}))
	if err := push(t, "ghcr.io/octo/other:v1", "x", g.Token, over, patient); err == nil {
		t.Error("an upload that broke off succeeded")
	}
}

// TestGitHubHosts has a registry besides, of which its certificate says that it is the host registry.
func TestGitHubHosts(t *testing.T) {
	t.Parallel()
	ca := NewCA(t, "authority of both")
	other := NewRegistry(t, RegistryOptions{TLS: true, CA: ca})
	g := NewGitHub(t, GitHubOptions{CA: ca, Hosts: map[string]string{"registry:443": other.Host}})
	over := remote.WithTransport(g.Transport(t))
	if err := push(t, "registry:443/app:v1", "", "", over); err != nil {
		t.Error(err)
	}
	if err := push(t, "ghcr.io/octo/app:v1", "octocat", g.Token, over); err != nil {
		t.Error(err)
	}
	if len(g.Refused()) > 0 {
		t.Errorf("refused: %q", g.Refused())
	}
}

func requestsTo(g *GitHub, host string) []ProxyRequest {
	return slices.DeleteFunc(g.Requests(), func(r ProxyRequest) bool { return r.Host != host })
}

// pull reads an image with all layers.
func pull(t *testing.T, target string, options ...remote.Option) {
	t.Helper()
	image, err := remote.Image(tag(t, target), options...)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		content, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			t.Error(err)
		}
		_ = content.Close()
	}
}

func headError(t *testing.T, target string, options ...remote.Option) error {
	t.Helper()
	_, err := remote.Head(tag(t, target), options...)
	return err
}

func getError(t *testing.T, target, password string, options ...remote.Option) error {
	t.Helper()
	_, err := remote.Get(tag(t, target), append(options, remote.WithAuth(&authn.Basic{Username: "x", Password: password}))...)
	return err
}

// ask returns status 0 when there is no answer.
func ask(t *testing.T, transport *http.Transport, url, authorization string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(content)
}
