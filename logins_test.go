package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// guarded is a registry that wants a login of its own, behind a proxy that writes
// down who asks.
type guarded struct {
	*testenv.Proxy

	user, password string

	mu   sync.Mutex
	came map[string]bool // values of Authorization
}

func newGuarded(t *testing.T, user, password string) *guarded {
	t.Helper()
	served := testenv.NewRegistry(t, testenv.RegistryOptions{Htpasswd: map[string]string{user: password}})
	g := &guarded{user: user, password: password, came: map[string]bool{}}
	g.Proxy = testenv.NewProxy(t, served.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		g.mu.Lock()
		defer g.mu.Unlock()
		if authorization := r.Header.Get("Authorization"); authorization != "" {
			g.came[authorization] = true
		}
		return nil
	}})
	return g
}

func (g *guarded) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(g.user + ":" + g.password))
}

func (g *guarded) login() remote.Option {
	return remote.WithAuth(&authn.Basic{Username: g.user, Password: g.password})
}

// entry is the registry's of registry-auth.
func (g *guarded) entry() string {
	return fmt.Sprintf("- registry: %s\n  username: %s\n  password: '%s'\n", g.Host, g.user, g.password)
}

// mustHaveHeardOnly wants that nobody has come with another login.
func (g *guarded) mustHaveHeardOnly(t *testing.T) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.came) != 1 || !g.came["Basic "+g.basic()] {
		t.Errorf("%s was asked with %v, want its own login alone", g.Host, g.came)
	}
}

// put copies an image to the registry.
func (g *guarded) put(t *testing.T, from name.Reference, to string) string {
	t.Helper()
	image, err := remote.Image(from)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(g.Host + "/" + to)
	if err == nil {
		err = remote.Write(ref, image, g.login())
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref.Name()
}

// TestSeveralLoginsInOneRun publishes to two registries from a private base image
// in a third, each with a login of its own, which no other sees.
func TestSeveralLoginsInOneRun(t *testing.T) {
	t.Parallel()
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, open.Host)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	const token = "ghs_TheRunsOwnTokenWhichStaysWithGitHub"
	cases := map[string]func(config string, one, two, third *guarded) []string{
		"registry-auth": func(_ string, one, two, third *guarded) []string {
			return []string{"INPUT_REGISTRY-AUTH=" + one.entry() + two.entry() + third.entry()}
		},
		"the base image's in a Docker config": func(config string, one, two, third *guarded) []string {
			mustWrite(t, filepath.Join(config, "config.json"), fmt.Appendf(nil, `{"auths": {"ghcr.io": {}, %q: {"auth": %q}, %q: {"auth": %q}}}`,
				third.Host, third.basic(), one.Host, base64.StdEncoding.EncodeToString([]byte("someone:else"))))
			return []string{"INPUT_REGISTRY-AUTH=" + one.entry() + two.entry(), "DOCKER_CONFIG=" + config}
		},
		"the main one's as token, the others' by a helper": func(config string, one, two, third *guarded) []string {
			mustWrite(t, filepath.Join(config, "config.json"), fmt.Appendf(nil, `{"credHelpers": {%q: "test", %q: "test"}}`, two.Host, third.Host))
			testenv.WriteProgram(t, filepath.Join(config, "docker-credential-test"), fmt.Sprintf("#!/bin/sh\ntest -z \"$INPUT_TOKEN$ACTIONS_RUNTIME_TOKEN\" || exit 1\nread s\ncase $s in %s) echo '{\"Username\":%q,\"Secret\":%q}';; *) echo '{\"Username\":%q,\"Secret\":%q}';; esac\n",
				two.Host, two.user, two.password, third.user, third.password))
			return []string{"INPUT_REGISTRY=" + one.Host, "INPUT_USERNAME=" + one.user, "INPUT_TOKEN=" + one.password, "DOCKER_CONFIG=" + config, "ACTIONS_RUNTIME_TOKEN=x", "PATH=" + config + ":/usr/bin:/bin"}
		},
	}
	for name, with := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two, third := newGuarded(t, "one", "pass-word-of-one"), newGuarded(t, "two", "pass-word-of-two"), newGuarded(t, "third", "pass-word-of-the-third")
			from := third.put(t, base, "private/base:1")
			env := append([]string{
				"BUILDKIT_HOST=" + daemon.Address, "INPUT_TOKEN=" + token,
				"INPUT_IMAGE=" + one.Host + "/octo/app\n" + two.Host + "/octo/app", "INPUT_TAGS=1.2.3",
			}, with(t.TempDir(), one, two, third)...)
			r := start(t, step{dockerfile: "FROM " + from + "\nRUN echo built\n", env: env})
			if code := r.wait(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, r.said())
			}
			digest := remoteDigest(t, one.Host+"/octo/app:1.2.3", one.login())
			if other := remoteDigest(t, two.Host+"/octo/app:1.2.3", two.login()); other != digest {
				t.Errorf("the registries have %s and %s", digest, other)
			}
			for _, g := range []*guarded{one, two, third} {
				g.mustHaveHeardOnly(t)
				mustHide(t, r.said(), g.password)
			}
			if !slices.Contains(env, "INPUT_TOKEN="+one.password) { // which is then the token
				mustHide(t, r.said(), token)
			}
		})
	}
}

// mustHide wants a secret in no line but in a mask for the runner, also as the
// end of a login in base64.
func mustHide(t *testing.T, said, secret string) {
	t.Helper()
	masked := false
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "::add-mask::") {
			masked = masked || strings.TrimSpace(line) == "::add-mask::"+secret
			continue
		}
		for _, form := range []string{secret, base64.RawStdEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(line, form) {
				t.Errorf("the log shows a secret: %s", line)
			}
		}
	}
	if !masked {
		t.Errorf("the runner was not told to mask %q", secret)
	}
}

// TestHostWithoutALogin is pushed to as anybody, also where others have one.
func TestHostWithoutALogin(t *testing.T) {
	t.Parallel()
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	var mu sync.Mutex
	var came []string
	heard := testenv.NewProxy(t, open.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		mu.Lock()
		defer mu.Unlock()
		came = append(came, r.Header.Get("Authorization"))
		return nil
	}})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	one := newGuarded(t, "one", "pass-word-of-one")
	r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: []string{
		"BUILDKIT_HOST=" + daemon.Address, "INPUT_TAGS=" + one.Host + "/octo/app:1\n" + heard.Host + "/octo/app:1", "INPUT_REGISTRY-AUTH=" + one.entry(),
		"INPUT_TOKEN=ghs_TheRunsOwnTokenWhichStaysWithGitHub",
	}})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	one.mustHaveHeardOnly(t)
	mu.Lock()
	defer mu.Unlock()
	if len(came) == 0 || slices.ContainsFunc(came, func(authorization string) bool { return authorization != "" }) {
		t.Errorf("the open registry was asked with %q", came)
	}
}
