package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// private is a registry whose certificate is of an authority of its own, at an
// address that is not loopback, with a base image.
type private struct {
	*testenv.Registry

	host string
	base string
}

func newPrivate(t *testing.T) private {
	t.Helper()
	p := private{Registry: testenv.NewRegistry(t, testenv.RegistryOptions{TLS: true, Htpasswd: map[string]string{user: password}})}
	if p.host = testenv.Outside(t, p.Host); p.host == "" {
		t.Skip("this host has no address but loopback, to which BuildKit speaks plain HTTP")
	}
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	image, err := remote.Image(testenv.BaseImage(t, open.Host))
	if err != nil {
		t.Fatal(err)
	}
	p.base = p.host + "/octo/base:1"
	ref, err := name.ParseReference(p.base)
	if err == nil {
		err = remote.Write(ref, image, p.options()...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p private) options() []remote.Option {
	return []remote.Option{remote.WithAuth(&authn.Basic{Username: user, Password: password}), remote.WithTransport(p.Transport())}
}

// step builds from the registry's base image and publishes there.
func (p private) step(env ...string) step {
	return step{
		dockerfile: "FROM " + p.base + "\nRUN echo built; env | grep SSL_ || true\n",
		files:      map[string][]byte{".ca/ca.pem": p.CA},
		env:        append([]string{"INPUT_REGISTRY=" + p.host, "INPUT_TOKEN=" + password, "INPUT_USERNAME=" + user}, env...),
	}
}

// TestRegistryWithACAOfItsOwn publishes there with every BuildKit that a
// run starts for itself on this machine.
func TestRegistryWithACAOfItsOwn(t *testing.T) {
	t.Parallel()
	p := newPrivate(t)
	t.Run("child", func(t *testing.T) {
		t.Parallel()
		p.mustPublish(t, p.step("INPUT_BUILDER=local", "INPUT_REGISTRY-CA=.ca/ca.pem", "GITHUB_REPOSITORY=octo/child"), "child")
	})
	t.Run("rootless", func(t *testing.T) {
		t.Parallel()
		s := p.step("INPUT_BUILDER=local", "INPUT_REGISTRY-CA=.ca/ca.pem", "GITHUB_REPOSITORY=octo/rootless")
		s.wrap = machine{}.as(t, publicDir(t))
		p.mustPublish(t, s, "rootless")
	})
	t.Run("in the system's store", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, p.CA, 0o600); err != nil {
			t.Fatal(err)
		}
		p.mustPublish(t, p.step("INPUT_BUILDER=local", "SSL_CERT_FILE="+file, "GITHUB_REPOSITORY=octo/system"), "system")
	})
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		r := start(t, p.step("INPUT_BUILDER=local"))
		if code := r.wait(); code != 1 {
			t.Errorf("exit code %d\n%s", code, r.said())
		}
		r.mustSay("has no certificate that is trusted here", "registry-ca")
	})
	t.Run("unknown, no push", func(t *testing.T) {
		t.Parallel()
		r := start(t, p.step("INPUT_BUILDER=local", "INPUT_PUSH=false"))
		if code := r.wait(); code != 1 {
			t.Errorf("exit code %d\n%s", code, r.said())
		}
		r.mustSay("::error file=Dockerfile,line=1::", "buildkitd as a child process does not know the authority of "+p.host+"; give it in the input registry-ca")
	})
}

func (p private) mustPublish(t *testing.T, s step, repository string) {
	t.Helper()
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay(remoteDigest(t, p.host+"/octo/"+repository+":latest", p.options()...))
}

// TestBuilderThatDoesNotTrustTheCA is a BuildKit with a configuration of
// its own: the run says what it lacks, and where that is given.
func TestBuilderThatDoesNotTrustTheCA(t *testing.T) {
	t.Parallel()
	p := newPrivate(t)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	told := `in its buildkitd.toml, under [registry."` + p.host + `"]`
	for name, dockerfile := range map[string]string{"base image": "", "push": "FROM scratch\nCOPY Dockerfile /\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := p.step("BUILDKIT_HOST="+daemon.Address, "INPUT_REGISTRY-CA=.ca/ca.pem", "GITHUB_REPOSITORY=octo/remote")
			if dockerfile != "" {
				s.dockerfile = dockerfile
			}
			r := start(t, s)
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d\n%s", code, r.said())
			}
			r.mustSay("The input registry-ca does not reach BuildKit at "+daemon.Address, "does not know the authority of "+p.host+"; give it "+told)
		})
	}
}

// TestBuilderContainerWithACAOfItsOwn has a registry that only the engine's
// containers reach.
func TestBuilderContainerWithACAOfItsOwn(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{})
	served := testenv.NewRegistry(t, testenv.RegistryOptions{TLS: true})
	host := at.engine.Expose(t, served.Host)
	s := at.step("repo", "FROM "+at.base.Name()+"\nRUN echo built\n", "INPUT_REGISTRY="+host, "INPUT_REGISTRY-CA=.ca/ca.pem", "INPUT_PREFLIGHT=false")
	s.files = map[string][]byte{".ca/ca.pem": served.CA}
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	r.mustSay("Building with BuildKit in the container slipway-", remoteDigest(t, "127.0.0.1:"+port+"/octo/repo:latest", remote.WithTransport(served.Transport())))
}

// TestEngineThatDoesNotTrustTheCA builds with the BuildKit of engines, which
// keep authorities of their own.
func TestEngineThatDoesNotTrustTheCA(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]testenv.EngineOptions{"containerd store": {}, "graph driver": {GraphDriver: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := testenv.NewEngine(t, options)
			served := testenv.NewRegistry(t, testenv.RegistryOptions{TLS: true})
			host := engine.Expose(t, served.Host)
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n", files: map[string][]byte{".ca/ca.pem": served.CA},
				env: []string{"DOCKER_HOST=" + engine.Host, "INPUT_BUILDER=docker", "INPUT_REGISTRY=" + host, "INPUT_REGISTRY-CA=.ca/ca.pem"},
			})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d\n%s", code, r.said())
			}
			r.mustSay("The input registry-ca does not reach BuildKit inside", "does not know the authority of "+host+"; give it on the engine's machine, in /etc/docker/certs.d/"+host+"/ca.crt")
		})
	}
}
