package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/crypto/ssh"

	"github.com/slipway-build/slipway/internal/testenv"
)

// readmeLab is all that the README's examples speak with. Registries that are
// only in the text are led to by the proxy of GitHub's stand-in, so that examples
// are run as they are written. What is spoken to without a proxy is replaced:
// instead has all of that.
type readmeLab struct {
	github    *testenv.GitHub
	ca        *testenv.CA              // of GitHub's hosts and public registries
	builders  *testenv.CA              // of BuildKits, and of who may use them
	logins    map[string]registryLogin // by registry; of GitHub's they are the run's own
	hosts     map[string]string        // that the proxy leads to
	known     expressions              // secrets, variables, and what only files of a checkout use
	instead   map[string]string        // texts in steps, and what takes their place
	buildkit  *testenv.Daemon
	engine    *testenv.Engine
	checkouts []*seeds // by row
}

type registryLogin struct {
	user, password string
	ca             *testenv.CA
}

// The hosts of docker.io: its own, and that of images.
const hubHost, hubImages = "index.docker.io", "registry-1.docker.io"

// fromBusybox begins Dockerfiles whose steps run.
const fromBusybox = "FROM ghcr.io/octo-org/base/busybox\n"

func newReadmeLab(t *testing.T, rows []readmeRow) *readmeLab {
	t.Helper()
	l := &readmeLab{
		ca:       testenv.NewCA(t, "the authority of public hosts"),
		builders: testenv.NewCA(t, "the authority of buildkitd.internal"),
	}
	internal := testenv.NewCA(t, "the authority of registry.internal")
	l.known = readmeSecrets(t, l.builders)
	l.known["vars.INTERNAL_CA"] = string(internal.PEM)
	l.logins = map[string]registryLogin{
		hubHost:                {l.known["vars.DOCKERHUB_USERNAME"], l.known["secrets.DOCKERHUB_TOKEN"], l.ca},
		"registry.example.com": {"robot", l.known["secrets.REGISTRY_TOKEN"], l.ca},
		"registry.internal":    {user, l.known["secrets.REGISTRY_TOKEN"], internal},
	}
	l.serveRegistries(t)
	l.openGitHub(t, rows)
	l.startBuilders(t)
	return l
}

func (l *readmeLab) serveRegistries(t *testing.T) {
	t.Helper()
	l.hosts = map[string]string{}
	for host, login := range l.logins {
		served := testenv.NewRegistry(t, testenv.RegistryOptions{
			TLS: true, CA: login.ca, Names: []string{host, hubImages},
			Htpasswd: map[string]string{login.user: login.password},
		})
		l.hosts[host+":443"] = served.Host
	}
	l.hosts[hubImages+":443"] = l.hosts[hubHost+":443"]
}

// openGitHub makes a checkout for each row that is run, and a GitHub that knows
// them.
func (l *readmeLab) openGitHub(t *testing.T, rows []readmeRow) {
	t.Helper()
	l.checkouts = make([]*seeds, len(rows))
	var repositories []testenv.Repository
	for i, row := range rows {
		if row.cannot == "" {
			l.checkouts[i] = l.checkout(t, row)
			repositories = append(repositories, l.checkouts[i].repository())
		}
	}
	l.github = testenv.NewGitHub(t, testenv.GitHubOptions{
		CA: l.ca, Grants: runGrants(), Repositories: repositories, Hosts: l.hosts,
		Born: testenv.Package{Visibility: "public"},
	})
	for _, host := range []string{testenv.ContainerHost, "registry.example.com"} {
		base := host + "/octo-org"
		testenv.BaseImage(t, base, l.reach(t, mustParse(t, base+"/base/busybox"))...)
	}
}

func (l *readmeLab) startBuilders(t *testing.T) {
	t.Helper()
	options := testenv.BuildkitdOptions{TCP: true, TLS: l.builders, Clients: l.builders, Env: l.github.Env()}
	l.buildkit = testenv.Buildkitd(t, options)
	options.Platform = "linux/arm64"
	arm64 := testenv.Buildkitd(t, options)
	l.instead = map[string]string{
		"tcp://buildkitd.internal:1234":       l.buildkit.TCPAddress,
		"tcp://amd64.buildkitd.internal:1234": l.buildkit.TCPAddress,
		"tcp://arm64.buildkitd.internal:1234": arm64.TCPAddress,
	}
	l.engine = testenv.NewEngine(t, testenv.EngineOptions{Old: true, Trust: l.ca, Proxy: l.github.ProxyURL})
}

// checkout commits the files of a row.
func (l *readmeLab) checkout(t *testing.T, row readmeRow) *seeds {
	t.Helper()
	s := &seeds{name: "Octo-Org/" + row.repository, repo: t.TempDir()}
	mustWrite(t, filepath.Join(s.repo, "Dockerfile"), []byte(fromBusybox+"RUN echo \"greetings from $(uname -s)\" > /greeting\n"))
	for path, content := range l.known.mustIn(t, row.files) {
		mustWrite(t, filepath.Join(s.repo, path), []byte(content))
	}
	if row.agentlist {
		mustWrite(t, filepath.Join(s.repo, "agentlist"), staticProgram(t, "./testdata/agentlist"))
	}
	s.sha = commit(t, s.repo, s.name)
	return s
}

// reach is how this process reaches the registry of a reference.
func (l *readmeLab) reach(t *testing.T, ref name.Reference) []remote.Option {
	t.Helper()
	transport := l.github.Transport(t)
	login, ok := l.logins[ref.Context().RegistryStr()]
	if !ok {
		login = registryLogin{user, ownRunToken, l.ca}
	}
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(login.ca.PEM)
	return []remote.Option{
		remote.WithTransport(transport), remote.WithAuth(&authn.Basic{Username: login.user, Password: login.password}),
	}
}

// readmeSecrets are those that the examples use.
func readmeSecrets(t *testing.T, builders *testenv.CA) expressions {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "the deploy key")
	if err != nil {
		t.Fatal(err)
	}
	clientCert, clientKey := builders.Client("octo-org")
	const npm, robot = "npm_correcthorsebatterystaple4711", "correct-horse-of-the-robot-4712"
	return expressions{
		"secrets.NPM_TOKEN":       npm,
		"secrets.DEPLOY_KEY":      string(pem.EncodeToMemory(block)),
		"secrets.DOCKERHUB_TOKEN": "dckr_pat_correct-horse-battery-4713",
		"secrets.REGISTRY_TOKEN":  robot,
		"secrets.BASE_IMAGES":     robot,
		"secrets.BUILDKIT_KEY":    string(clientKey),
		"vars.BUILDKIT_CERT":      string(clientCert),
		"vars.BUILDKIT_CA":        string(builders.PEM),
		"vars.DOCKERHUB_USERNAME": "octohub",
		"sums.NPM_TOKEN":          fmt.Sprintf("%x", sha256.Sum256([]byte(npm))),
	}
}
