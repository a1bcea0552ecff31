package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-build/slipway/internal/testenv"
)

const releaseSHA = "ffac537e6cbbf934b08745a378932722df287a53"

// releaseWorkflow is a run of the workflow that GitHub's documentation had for its
// registry of Docker images: a push to the branch release, under the commit's SHA.
func releaseWorkflow(g *testenv.GitHub) []string {
	return append(gitHubRunner(g),
		"GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/release", "GITHUB_SHA="+releaseSHA,
		"INPUT_REGISTRY=docker.pkg.github.com", "INPUT_USERNAME=octocat",
		"INPUT_TAGS=docker.pkg.github.com/octo/app/octo-image:"+releaseSHA)
}

// TestDockerPackages publishes to docker.pkg.github.com, which knows an image by its
// tags alone, on every kind of builder that reaches it.
func TestDockerPackages(t *testing.T) {
	t.Parallel()
	for builder, without := range map[string]testenv.Quirk{"daemon": 0, "local": 0, "plain registry": testenv.TagsOnly} {
		t.Run(builder, func(t *testing.T) {
			t.Parallel()
			g := testenv.NewGitHub(t, testenv.GitHubOptions{Without: without})
			env := append(releaseWorkflow(g), "TMPDIR="+t.TempDir())
			if builder == "local" {
				env = append(env, "INPUT_BUILDER=local")
			} else {
				env = append(env, "BUILDKIT_HOST="+testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()}).Address)
			}
			r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: env})
			if code := r.wait(); code != 0 {
				t.Fatalf("exit code %d, want 0\n%s", code, r.said())
			}
			tag, err := name.NewTag("docker.pkg.github.com/octo/app/octo-image:" + releaseSHA)
			if err != nil {
				t.Fatal(err)
			}
			published, err := remote.Get(tag, remote.WithTransport(g.Transport(t)), remote.WithAuth(&authn.Basic{Username: "octocat", Password: g.Token}))
			if err != nil || published.MediaType != types.DockerManifestSchema2 {
				t.Fatalf("%s is of type %s, %v", tag, published.MediaType, err)
			}
			r.mustSay("::warning::", "publish to ghcr.io/octo/app/octo-image instead", "digest  "+published.Digest.String(), "docker pull "+tag.String())
			for _, asked := range g.Requests() {
				if strings.HasPrefix(asked.Path, "/v2/") && asked.Host != testenv.DockerHost {
					t.Errorf("%s https://%s%s is not the registry's", asked.Method, asked.Host, asked.Path)
				}
				if strings.Contains(asked.Path, "/manifests/sha256:") || asked.Status >= http.StatusInternalServerError {
					t.Errorf("%s https://%s%s was asked: %d", asked.Method, asked.Host, asked.Path, asked.Status)
				}
			}
		})
	}
}

// TestServersOfTheirOwn publishes to the registries of an Enterprise server and of
// GitHub with data residency, under their names and with their certificates.
func TestServersOfTheirOwn(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]struct {
		server, registry, want string
		says                   []string
	}{
		"an Enterprise server's, without inputs": {"git.example.com", "", "containers.git.example.com/octo/app:latest", nil},
		"its docker registry":                    {"git.example.com", "docker.git.example.com", "docker.git.example.com/octo/app/app:latest", []string{"publish to containers.git.example.com/octo/app/app instead"}},
		"the same without subdomains":            {"git.example.com", "git.example.com", "git.example.com/octo/app/app:latest", []string{"publish to containers.git.example.com/octo/app/app instead"}},
		"data residency, without inputs":         {"octo.ghe.com", "", "containers.octo.ghe.com/octo/app:latest", nil},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			g := testenv.NewGitHub(t, testenv.GitHubOptions{Server: c.server})
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Env: g.Env()})
			r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: append(gitHubRunner(g),
				"GITHUB_SERVER_URL=https://"+c.server, "BUILDKIT_HOST="+daemon.Address, "INPUT_REGISTRY="+c.registry)})
			if code := r.wait(); code != 0 {
				t.Fatalf("exit code %d, want 0\n%s", code, r.said())
			}
			digest := remoteDigest(t, c.want, remote.WithTransport(g.Transport(t)), remote.WithAuth(&authn.Basic{Username: "octocat", Password: g.Token}))
			r.mustSay(append(c.says, "digest  "+digest, "tag     "+c.want)...)
			if strings.Contains(r.said(), " instead") != (c.says != nil) {
				t.Errorf("a notice, or none, in\n%s", r.said())
			}
			host, _, _ := strings.Cut(c.want, "/")
			for _, asked := range g.Requests() {
				if strings.Contains(asked.Path, "/v2/") && asked.Host != host {
					t.Errorf("%s https://%s%s is not the registry's", asked.Method, asked.Host, asked.Path)
				}
			}
		})
	}
}

// testByTagAway has a registry that gives images by their tags alone, and that only
// the builder reaches.
func testByTagAway(t *testing.T, b away) {
	t.Helper()
	store := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, store.Host, testenv.ProxyOptions{Network: b.network, Fault: onlyByTag})
	r := start(t, b.step(proxy.Host, "FROM scratch\nCOPY Dockerfile /\n", "GITHUB_SERVER_URL=https://"+proxy.Host, "INPUT_TAGS=latest,1.2.3"))
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, r.said())
	}
	r.mustSay("Only the builder reaches " + proxy.Host)
	for _, tag := range []string{"latest", "1.2.3"} {
		r.mustSay("digest  " + remoteDigest(t, store.Host+"/octo/repo/repo:"+tag))
	}
}
