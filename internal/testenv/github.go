package testenv

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// The hosts of github.com that GitHub stands in for.
const (
	ContainerHost = "ghcr.io"
	DockerHost    = "docker.pkg.github.com" // the registry before: basic authentication, and three parts to a name
	APIHost       = "api.github.com"
	blobHost      = "pkg-containers.githubusercontent.com"
)

// GitHubOptions say what GitHub has and does. The zero value has no packages, lets Token do everything, and has all
// Quirks.
type GitHubOptions struct {
	// Grants are who may do what, as in NewTokenServer; by default octocat with Token may pull and push everywhere. The password of
	// a grant is a token: with the quirk AnyLogin its user is a name for it alone. Everybody pulls public packages.
	Grants []Grant
	// Packages are there from the start, as the API tells; to pull from one, push to it first.
	Packages []Package
	// Born is what a package that is made by a push has, but for its name and versions.
	Born Package
	// Without are the quirks that ghcr.io shall not have.
	Without Quirk
	// EmptyReferrers has ghcr.io answer 200 with no referrer, in place of 404. It has been seen to do either.
	EmptyReferrers bool
	// Users are the owners that are users. All others are organizations.
	Users []string
	// Repositories are what the API knows of.
	Repositories []Repository
	// Refuse may answer in place of any host. ghcr.io challenges whoever comes without a token before that.
	Refuse func(r *http.Request) *Answer
	// Fault is as in ProxyOptions, and comes before Refuse. With it the hosts speak HTTP/1.1, so that a connection has
	// one request at a time.
	Fault func(n int, r *http.Request) *Answer
	// Server is the host of an Enterprise server, or one of data residency, whose registries these are too.
	Server string
	// Hosts are further ones that the proxy leads to: host:port to the address of a server on this machine's loopback.
	Hosts map[string]string
	// CA signs the certificate of the hosts, and is all that Env trusts: those of Hosts need one of it too. By
	// default it is a new one.
	CA *CA
}

// GitHub stands in for the hosts of github.com: a real registry, a token server and the API, under their names, behind
// TLS. Who has Env reaches them, and no other host, through a proxy.
type GitHub struct {
	Token    string // GITHUB_TOKEN of a run
	Tokens   *TokenServer
	Registry *Registry // behind ghcr.io
	API      *GitHubAPI
	// ProxyURL is the proxy's: http://127.0.0.1:port.
	ProxyURL string

	opt      GitHubOptions
	ca       *CA
	names    []string // of the hosts
	trust    string   // directory of what Env names
	packages *packages
	proxy    *connectProxy
	front    *Proxy // records
}

// NewGitHub starts the hosts. They end with the test.
func NewGitHub(t T, opt GitHubOptions) *GitHub {
	t.Helper()
	// As tokens of runs are since 2026: an app, and a part that is long and has dots.
	g := &GitHub{opt: opt, Token: "ghs_15368_" + strings.Repeat(rand.Text()+".", 18) + rand.Text()}
	if g.ca = opt.CA; g.ca == nil {
		g.ca = NewCA(t, "slipway test authority of GitHub")
	}
	g.packages = newPackages(opt.Packages)

	grants := opt.Grants
	if grants == nil {
		grants = []Grant{{User: "octocat", Password: g.Token, Repository: "*", Actions: []string{"pull", "push"}}}
	}
	g.Tokens = NewTokenServer(t, grants...)
	g.Tokens.Realm = "https://" + ContainerHost + "/token"
	g.Tokens.Service = ContainerHost
	g.Tokens.ghcr = opt.has(AnyLogin)
	g.Tokens.public = g.packages.public
	g.Registry = NewRegistry(t, RegistryOptions{Token: g.Tokens})
	g.API = newGitHubAPI(t, g.packages, g.Tokens, GitHubAPIOptions{Users: opt.Users, Repositories: opt.Repositories})

	g.names = append([]string{ContainerHost, DockerHost, APIHost, blobHost}, opt.serverHosts()...)
	g.proxy = newConnectProxy(t, g.names, opt.Hosts)
	g.ProxyURL = g.proxy.url
	g.front = &Proxy{opt: ProxyOptions{Fault: g.fault}, forward: g.hosts()}
	g.serveTLS(t)
	g.writeTrust(t)
	return g
}

// SetPackage adds a package or replaces the one of its name.
func (g *GitHub) SetPackage(p Package) { g.packages.set(p) }

// Requests returns the requests to all hosts so far, in the order of their arrival.
func (g *GitHub) Requests() []ProxyRequest { return g.front.Requests() }

// Refused returns the hosts, with their ports, that were asked for and are none of GitHub's.
func (g *GitHub) Refused() []string { return g.proxy.refusedHosts() }

// Env returns what a process needs in its environment to reach GitHub: the proxy, and an authority, besides which it
// trusts none.
func (g *GitHub) Env() []string {
	return []string{
		"HTTPS_PROXY=" + g.ProxyURL,
		"SSL_CERT_FILE=" + filepath.Join(g.trust, "ca.pem"),
		"SSL_CERT_DIR=" + filepath.Join(g.trust, "empty"), // else the host's certificates are trusted too
	}
}

// Transport returns a new transport with which this process reaches GitHub.
func (g *GitHub) Transport(t T) *http.Transport {
	t.Helper()
	proxy, err := url.Parse(g.ProxyURL)
	if err != nil {
		t.Fatalf("reading the address of the proxy: %v", err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(g.ca.PEM)
	transport := &http.Transport{
		Proxy:             http.ProxyURL(proxy),
		TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func (g *GitHub) fault(n int, r *http.Request) *Answer {
	if g.opt.Fault != nil {
		if answer := g.opt.Fault(n, r); answer != nil {
			return answer
		}
	}
	challenged := strings.HasPrefix(r.URL.Path, "/v2/") && r.Header.Get("Authorization") == ""
	if g.opt.Refuse == nil || challenged {
		return nil
	}
	return g.opt.Refuse(r)
}

// hosts leads a request to the host that it is for.
func (g *GitHub) hosts() http.Handler {
	registry := g.registryFront()
	docker := g.dockerFront(registry)
	hosts := map[string]http.Handler{
		ContainerHost: registry,
		DockerHost:    docker,
		APIHost:       g.API,
		blobHost:      http.HandlerFunc(g.serveBlob),
	}
	g.addServer(hosts, registry, docker)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Host
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		if host := hosts[name]; host != nil {
			host.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusMisdirectedRequest)
	})
}

func (g *GitHub) serveTLS(t T) {
	t.Helper()
	pair, err := tls.X509KeyPair(g.ca.ServerOf("slipway test github", g.names...))
	if err != nil {
		t.Fatalf("reading the certificate of GitHub: %v", err)
	}
	server := &http.Server{
		Handler:   g.front,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	if g.opt.Fault != nil {
		server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){} // no HTTP/2
	}
	go func() { _ = server.ServeTLS(g.proxy.conns, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
}

// writeTrust writes where every user can read.
func (g *GitHub) writeTrust(t T) {
	t.Helper()
	var err error
	if g.trust, err = os.MkdirTemp("", "github-trust-"); err != nil {
		t.Fatalf("creating the directory of GitHub's authority: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(g.trust) })
	for _, err := range []error{
		os.Chmod(g.trust, 0o755),
		os.Mkdir(filepath.Join(g.trust, "empty"), 0o755),
		os.WriteFile(filepath.Join(g.trust, "ca.pem"), g.ca.PEM, 0o644),
	} {
		if err != nil {
			t.Fatalf("writing GitHub's authority: %v", err)
		}
	}
}
