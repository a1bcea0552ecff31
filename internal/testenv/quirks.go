package testenv

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Quirk is something that ghcr.io does otherwise than the registry that stands in for it. It is a set: join with |.
type Quirk uint

// The quirks, as people have reported them.
const (
	// NoDelete answers 405 to the deletion of a manifest or an upload.
	NoDelete Quirk = 1 << iota
	// AnyLogin gives a token to every known password with any name, and to nobody, whatever they may do; 403 to an
	// unknown one, 405 to POST, and no more than the token.
	AnyLogin
	// Forbid refuses in GitHub's words and with 403 what a token is not enough for, where distribution answers 401.
	Forbid
	// RedirectBlobs sends whoever pulls a blob to another host.
	RedirectBlobs
	// AnyScope has the challenge of /v2/ name the repository user/image.
	AnyScope
	// TagsOnly has docker.pkg.github.com refuse as OnlyByTag does.
	TagsOnly
)

func (opt GitHubOptions) has(q Quirk) bool { return opt.Without&q == 0 }

// resource is what a path of a registry is about.
var resource = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs|tags|referrers)/(.+)$`)

// registryFront is ghcr.io.
func (g *GitHub) registryFront() http.Handler {
	target := &url.URL{Scheme: "http", Host: g.Registry.Host}
	registry := &httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true, IdleConnTimeout: time.Second},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.Header.Set("X-Forwarded-Proto", "https") // for Location
		},
		ModifyResponse: g.modify,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		about := resource.FindStringSubmatch(r.URL.Path)
		switch {
		case r.URL.Path == "/token":
			g.Tokens.ServeHTTP(w, r)
		case !strings.HasPrefix(r.URL.Path, "/v2/"):
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodDelete && about != nil && g.opt.has(NoDelete):
			RegistryRefusal(http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.").answer(w, r, nil)
		case about != nil && about[2] == "referrers" && g.opt.EmptyReferrers:
			(&Answer{
				Header: http.Header{"Content-Type": {"application/vnd.oci.image.index.v1+json"}},
				Body:   `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`,
			}).answer(w, r, nil)
		case about != nil && about[2] == "referrers":
			RegistryRefusal(http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown").answer(w, r, nil)
		default:
			registry.ServeHTTP(w, r)
		}
	})
}

// modify makes an answer of the registry one of ghcr.io's.
func (g *GitHub) modify(resp *http.Response) error {
	resp.Header.Del("OCI-Subject")
	g.realm(resp)
	r := resp.Request
	about := resource.FindStringSubmatch(r.URL.Path)
	challenge := resp.Header.Get("WWW-Authenticate")
	switch {
	case about == nil:
		if challenge != "" && g.opt.has(AnyScope) {
			resp.Header.Set("WWW-Authenticate", challenge+`,scope="repository:user/image:pull"`)
		}
	case strings.Contains(challenge, "insufficient_scope") && g.opt.has(Forbid):
		if user := subject(r); user != "" && !g.Tokens.may(user, about[1], action(r.Method)) {
			g.refusal(about[1], r.Method).replace(resp)
		}
	case resp.StatusCode == http.StatusCreated && about[2] == "manifests":
		g.packages.pushed(about[1], g.opt.Born)
	case resp.StatusCode == http.StatusOK && about[2] == "blobs" && r.Method == http.MethodGet &&
		r.Host == ContainerHost && g.opt.has(RedirectBlobs):
		(&Answer{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {
			"https://" + blobHost + "/ghcr1/blobs/" + about[3] + "?se=2030-01-01T00%3A00%3A00Z&sig=c2lnbmVk&sp=r&sr=b&sv=2019-12-12",
		}}}).replace(resp)
	}
	return nil
}

// refusal is what a user of no right is told: GitHub hides whether a package is there from who may not read it.
func (g *GitHub) refusal(image, method string) *Answer {
	_, exists := g.packages.find(image)
	switch pull := action(method) == "pull"; {
	case pull && exists > 0:
		return Denied(ReadDenied)
	case pull:
		return Denied(JustDenied)
	case exists > 0:
		return Denied(WriteDenied)
	}
	return Denied(CreateDenied)
}

func action(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "pull"
	case http.MethodDelete:
		return "delete"
	}
	return "push"
}

// subject returns the user of a request's token, which the registry has checked; empty is nobody.
func subject(r *http.Request) string {
	parts := strings.Split(r.Header.Get("Authorization"), ".")
	if len(parts) != 3 {
		return ""
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.Subject
}

// serveBlob is the host that blobs come from. It takes what is in the address for a login, and no second one.
func (g *GitHub) serveBlob(w http.ResponseWriter, r *http.Request) {
	_, digest, _ := strings.Cut(r.URL.Path, "/blobs/sha256:")
	switch {
	case r.Header.Get("Authorization") != "":
		http.Error(w, "AuthenticationFailed: only one way to log in is taken", http.StatusForbidden)
		return
	case r.URL.Query().Get("sig") == "" || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(digest):
		w.WriteHeader(http.StatusNotFound)
		return
	}
	file, err := os.Open(filepath.Join(g.Registry.Root, "docker/registry/v2/blobs/sha256", digest[:2], digest, "data"))
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, file)
}
