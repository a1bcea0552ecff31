package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// standIns are images that have what the Dockerfile takes from its bases.
type standIns struct{ golang, buildkit string }

// pushStandIns makes them. Modules come from this machine's module cache, and what is
// compiled already from its build cache, over loopback.
func pushStandIns(t *testing.T, host string, ca *testenv.CA) standIns {
	t.Helper()
	trusted, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		t.Fatal(err)
	}
	certificates := filepath.Join(t.TempDir(), "ca-certificates.crt")
	mustWrite(t, certificates, append(trusted, ca.PEM...))
	modules := serveFiles(t, filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download"))
	compiled := serveFiles(t, goEnv(t, "GOCACHE"))
	goroot := goEnv(t, "GOROOT")
	goFiles := map[string]string{
		"bin/busybox":                       "/bin/busybox",
		"bin/sh":                            "/bin/busybox",
		"etc/ssl/certs/ca-certificates.crt": certificates,
		"tmp/keep":                          "testdata/hello/hello.txt",
		"usr/bin/gocache":                   buildGocache(t),
		"usr/local/go/bin/go":               filepath.Join(goroot, "bin/go"),
		"usr/local/go/go.env":               filepath.Join(goroot, "go.env"),
		"usr/local/go/VERSION":              filepath.Join(goroot, "VERSION"),
		"usr/local/go/lib/time":             filepath.Join(goroot, "lib/time"),
		"usr/local/go/pkg":                  filepath.Join(goroot, "pkg"),
		"usr/local/go/src":                  filepath.Join(goroot, "src"),
	}
	golang := testenv.PushFiles(t, host+"/standin/go:1", goFiles,
		"PATH=/usr/local/go/bin:/bin", "GOPROXY="+modules, "GOCACHEPROG=/usr/bin/gocache "+compiled+" /tmp", "GOTOOLCHAIN=local", "GOPATH=/go", "HOME=/root", "GOFLAGS=-p=2")
	buildkit := testenv.PushFiles(t, host+"/standin/buildkit:1", map[string]string{
		"usr/bin/buildkitd":     testenv.Tool(t, "buildkitd"),
		"usr/bin/buildkit-runc": filepath.Join(filepath.Dir(testenv.Tool(t, "buildkitd")), "../runc-1.5/runc"), // static, as the real one is
	})
	return standIns{golang, buildkit}
}

// serveFiles returns the address of a server of what is in a directory.
func serveFiles(t *testing.T, dir string) string {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return server.URL
}

func buildGocache(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gocache")
	compile := testenv.Command(t, "go", "build", "-o", program, "./internal/testenv/gocache")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return program
}

func goEnv(t *testing.T, variable string) string {
	t.Helper()
	said, err := testenv.Command(t, "go", "env", variable).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(said))
}
