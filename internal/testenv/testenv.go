// Package testenv runs the real far ends that tests and the benchmark need: buildkitd, an image registry, a token
// server, and a proxy that counts, delays and breaks requests; and stands in for GitHub's hosts. It is never part of
// the action's binary.
package testenv

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// T is the part of testing.TB that the daemons need; the benchmark brings its own. Fatalf must not return, Context must
// end before the functions given to Cleanup run, and these run last in, first out.
type T interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
	TempDir() string
}

// Tool returns the absolute path of a program: the one `make tools` compiled into .cache/bin of this module, or else
// the one on PATH or in /usr/sbin, where Debian keeps runc and a user's PATH seldom looks. It ends the test if there
// is none.
func Tool(t T, name string) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Logf("looking for the module root: %v", err)
	}
	candidates := []string{filepath.Join(root, ".cache", "bin", name), name, filepath.Join("/usr/sbin", name)}
	if root == "" {
		candidates = candidates[1:]
	}
	for _, candidate := range candidates {
		path, err := exec.LookPath(candidate)
		if err != nil {
			continue
		}
		if path, err = filepath.Abs(path); err == nil {
			return path
		}
	}
	t.Fatalf("finding %s: not in .cache/bin, on PATH or in /usr/sbin; run `make tools`, or install the package that has it", name)
	return ""
}

// moduleRoot walks up from the working directory, past the go.mod of internal/tools, to this module's own.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(mod), "module github.com/slipway-build/slipway\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod of this module above the working directory")
		}
		dir = parent
	}
}

// serve answers HTTP on a free port of 127.0.0.1, in a network or for nil on the host, until the test ends, and returns
// host:port. It is not httptest: that
// registers a flag in any program that imports it, and its Close waits for clients that were faulted on purpose.
func serve(t T, handler http.Handler, network *Network) string {
	t.Helper()
	address := "127.0.0.1:0"
	if network != nil {
		address = reserve(t, false)
	}
	listener := network.listen(t, address)
	// Handshakes tried on plain HTTP and aborted connections are what tests do here; nobody wants them logged.
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}
