package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestRemoteWithTLS publishes through a BuildKit that wants a certificate of
// every client, and is told what is wrong where it shows none or a wrong one.
func TestRemoteWithTLS(t *testing.T) {
	t.Parallel()
	ours, other := testenv.NewCA(t, "our authority"), testenv.NewCA(t, "another authority")
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true, TLS: ours, Clients: ours})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	files := map[string][]byte{"tls/ca.pem": ours.PEM, "tls/other.pem": other.PEM}
	files["tls/cert.pem"], files["tls/key.pem"] = ours.Client("octo-org")
	files["tls/rogue.pem"], files["tls/rogue-key.pem"] = other.Client("octo-org")
	for title, c := range map[string]struct {
		tls  string
		code int
		says []string
	}{
		"both sides":           {"ca=tls/ca.pem\ncert=tls/cert.pem\nkey=tls/key.pem", 0, []string{"Building with BuildKit at " + daemon.TCPAddress, "built through TLS"}},
		"no certificate":       {"ca=tls/ca.pem", 1, []string{"asks for a client certificate", daemon.TCPAddress}},
		"a rogue certificate":  {"ca=tls/ca.pem\ncert=tls/rogue.pem\nkey=tls/rogue-key.pem", 1, []string{"refuses the client certificate", daemon.TCPAddress}},
		"an unknown authority": {"ca=tls/other.pem\ncert=tls/cert.pem\nkey=tls/key.pem", 1, []string{"not by the ca of builder-tls", daemon.TCPAddress}},
		"a wrong key":          {"ca=tls/ca.pem\ncert=tls/cert.pem\nkey=tls/rogue-key.pem", 1, []string{`input "builder-tls"`, "does not match"}},
		"none at all":          {"", 1, []string{"wants TLS", "builder-tls is not set", daemon.TCPAddress}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			r := start(t, step{
				dockerfile: "FROM " + base.Name() + "\nRUN echo built through TLS\n",
				files:      files,
				env: []string{
					"INPUT_REGISTRY=" + registry.Host, "INPUT_NO-CACHE=true",
					"INPUT_BUILDER=" + daemon.TCPAddress, "INPUT_BUILDER-TLS=" + c.tls,
				},
			})
			if code := r.wait(); code != c.code {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, r.said())
			}
			if took := time.Since(started); c.code != 0 && took > 30*time.Second {
				t.Errorf("it took %s, want less than 30s", took)
			}
			r.mustSay(c.says...)
			if c.code != 0 {
				r.mustSay("::error")
			}
		})
	}
}

// TestRemoteThroughAProgram publishes through a kubectl, in whose place buildctl
// connects to a BuildKit of this machine, and leaves no process.
func TestRemoteThroughAProgram(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	programs, err := os.MkdirTemp("", "programs-") //nolint:usetesting // the name of the test has no place in a PATH
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(programs) })
	kubectl := fmt.Sprintf("#!/bin/sh\n[ \"$*\" = 'exec -i pod-0 -- buildctl dial-stdio' ] || exit 9\nexec %s --addr %s dial-stdio\n", testenv.Tool(t, "buildctl"), daemon.Address)
	testenv.WriteProgram(t, filepath.Join(programs, "kubectl"), kubectl)
	r := start(t, step{
		dockerfile: "FROM " + base.Name() + "\nRUN echo built in a pod\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=kube-pod://pod-0", "PATH=" + programs},
	})
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, r.said())
	}
	r.mustSay("Building with BuildKit at kube-pod://pod-0", "built in a pod", "sha256:")
	if left := processesWith(t, daemon.Address+"\x00dial-stdio"); len(left) > 0 {
		t.Errorf("processes are left: %q", left)
	}
	r = start(t, step{
		dockerfile: "FROM scratch\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker-container://b", "PATH=" + programs},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1\n%s", code, r.said())
	}
	r.mustSay("::error", "docker-container://b", "the program docker, which is not on PATH")
}
