package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// testTokensAway has a token server that is reached from here, and one that is
// not: BuildKit leaves it to us to ask for tokens, and an engine that pushes asks
// by itself.
func testTokensAway(t *testing.T, b away) {
	t.Helper()
	grant := testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}}
	near := testenv.NewTokenServer(t, grant)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network, Token: near})
	if !b.engine {
		r := start(t, b.step(registry.Host, "FROM scratch\nCOPY Dockerfile /\n"))
		if code := r.wait(); code != 0 {
			t.Errorf("a token server that is reached: exit code %d\n%s", code, r.said())
		}
		r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/repo:1.2.3", withLogin(), remote.WithTransport(inside(registry, near.Host))))
	}

	far := testenv.NewTokenServer(t, grant)
	door := testenv.NewProxy(t, far.Host, testenv.ProxyOptions{Network: b.network})
	far.Realm = door.Realm()
	registry = testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network, Token: far})
	r := start(t, b.step(registry.Host, "FROM scratch\nCOPY Dockerfile /\n"))
	code := r.wait()
	if b.engine {
		if code != 0 {
			t.Errorf("an engine that reaches the token server: exit code %d\n%s", code, r.said())
		}
		r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/repo:1.2.3", withLogin(), remote.WithTransport(registry.Transport())))
		return
	}
	if code != 1 {
		t.Errorf("a token server out of reach: exit code %d, want 1", code)
	}
	r.mustSay("::error::asking for a token for "+registry.Host, "connection refused", far.Realm+", which this process cannot reach and has to")
	if strings.Contains(r.said(), "::group::Build") {
		t.Errorf("it built all the same:\n%s", r.said())
	}
	for _, asked := range far.Requests() {
		if asked.User != "" {
			t.Errorf("the password was handed over: %+v", asked)
		}
	}
}

// inside reaches a registry in another network, and a token server in this one.
func inside(registry *testenv.Registry, tokens string) http.RoundTripper {
	there := registry.Transport()
	_, port, _ := strings.Cut(tokens, ":")
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Port() == port {
			return http.DefaultTransport.RoundTrip(r)
		}
		return there.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// testPlatformsAway publishes an index: the builder shows what is in it.
func testPlatformsAway(t *testing.T, b away) {
	t.Helper()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network})
	inside := remote.WithTransport(registry.Transport())
	outputs := filepath.Join(t.TempDir(), "output")
	for range 2 { // the second time there is nothing to push
		r := start(t, b.step(registry.Host, "FROM scratch\nCOPY Dockerfile /\n", "INPUT_PLATFORMS=linux/amd64,linux/arm64", "GITHUB_OUTPUT="+outputs))
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		got, err := parseOutputs(mustRead(t, outputs))
		if err != nil {
			t.Fatal(err)
		}
		index, err := remote.Index(mustParse(t, registry.Host+"/octo/repo:edge"), inside)
		if err != nil {
			t.Fatal(err)
		}
		if held, err := index.Digest(); err != nil || held.String() != got["digest"] {
			t.Errorf("the registry holds %s (%v), and the output says %s", held, err, got["digest"])
		}
		held, err := index.IndexManifest()
		if err != nil {
			t.Fatal(err)
		}
		platforms := map[string]string{}
		for _, child := range held.Manifests {
			platforms[child.Platform.String()] = child.Digest.String()
		}
		want, err := json.Marshal(platforms)
		if err != nil {
			t.Fatal(err)
		}
		if got["platforms"] != string(want) || got["imageid"] != "" {
			t.Errorf("platforms = %s and imageid = %q, want %s and none", got["platforms"], got["imageid"], want)
		}
	}
}
