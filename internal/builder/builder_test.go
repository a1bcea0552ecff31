package builder_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/builder/launch"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestMain lets the tests' program be what slipway is inside the namespaces of a
// child process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == launch.InsideCommand {
		if err := launch.Inside(context.Background(), os.Stdin, os.Stdout, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// environment is a Lookup over a map.
func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

func TestConnectsToAnAddress(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true})
	cases := map[string]builder.Options{
		"tcp in the input":   {Want: daemon.TCPAddress, Lookup: environment(nil)},
		"unix in the input":  {Want: daemon.Address, Lookup: environment(nil)},
		"BUILDKIT_HOST":      {Want: "auto", Lookup: environment(map[string]string{"BUILDKIT_HOST": daemon.Address})},
		"the input wins":     {Want: daemon.Address, Lookup: environment(map[string]string{"BUILDKIT_HOST": "tcp://127.0.0.1:1"})},
		"no engine is asked": {Want: "auto", Lookup: environment(map[string]string{"BUILDKIT_HOST": daemon.Address, "DOCKER_HOST": "unix:///nowhere"})},
	}
	for name, options := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := builder.Connect(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			if len(b.Platforms) == 0 || b.Stores {
				t.Errorf("platforms %v, stores %v; want some, and no store", b.Platforms, b.Stores)
			}
			if err := b.Close(t.Context()); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
}

// TestUnreachableIsSaidInTime covers the three ways not to answer: nobody
// listens, there is no such socket, and somebody listens and says nothing.
func TestUnreachableIsSaidInTime(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for name, address := range map[string]string{
		"nobody listens": "tcp://127.0.0.1:1",
		"no socket":      "unix://" + filepath.Join(t.TempDir(), "buildkitd.sock"),
		"no answer":      "tcp://" + silent.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			_, err := builder.Connect(t.Context(), builder.Options{Want: address, Lookup: environment(nil)})
			if took := time.Since(started); took > 30*time.Second {
				t.Errorf("it took %s, want less than 30s", took)
			}
			if err == nil || !strings.Contains(err.Error(), address) {
				t.Errorf("Connect() = %v, want an error that names %s", err, address)
			}
		})
	}
}

func TestEveryRefusalIsListed(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	_, err := builder.Connect(t.Context(), builder.Options{
		Want:   "auto",
		Lookup: environment(map[string]string{"DOCKER_HOST": "unix://" + socket, "PATH": t.TempDir()}),
	})
	var none *builder.NotFoundError
	if !errors.As(err, &none) {
		t.Fatalf("Connect() = %v, want a NotFoundError", err)
	}
	if len(none.Tried) != 2 || !strings.Contains(none.Tried[0], socket) || !strings.Contains(none.Tried[1], "no buildkitd on PATH") {
		t.Errorf("tried = %q, want the engine and the child process, each with its reason", none.Tried)
	}
}

// childOptions finds the tests' buildkitd and keeps its root in tmp.
func childOptions(t *testing.T, vars map[string]string) builder.Options {
	t.Helper()
	all := map[string]string{"PATH": filepath.Dir(testenv.Tool(t, "buildkitd"))}
	maps.Copy(all, vars)
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return builder.Options{Want: "local", Executable: executable, Lookup: environment(all)}
}

// TestChildKnowsNoSecret reads the environment and the arguments of the child
// process, which every user of the machine may see.
func TestChildKnowsNoSecret(t *testing.T) {
	const canary = "canary-5e1f"
	t.Setenv("TMPDIR", t.TempDir())
	b, err := builder.Connect(t.Context(), childOptions(t, map[string]string{
		"INPUT_TOKEN": canary, "INPUT_SECRETS": "a=" + canary, "NPM_TOKEN": canary, "HTTPS_PROXY": "http://proxy.example.com",
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	pid := childPid(t, os.Getenv("TMPDIR"))
	for _, file := range []string{"environ", "cmdline"} {
		content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), canary) {
			t.Errorf("%s of the child process holds a secret: %q", file, content)
		}
		if file == "environ" && !strings.Contains(string(content), "HTTPS_PROXY=http://proxy.example.com") {
			t.Errorf("the child process does not know the proxy: %q", content)
		}
	}
}

func TestChildLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b, err := builder.Connect(t.Context(), childOptions(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	pid := childPid(t, os.Getenv("TMPDIR"))
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err == nil {
		t.Errorf("the process %d is left", pid)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestChildThatFails ends while it starts: what it said is in the error.
func TestChildThatFails(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	programs := t.TempDir()
	for name, script := range map[string]string{
		"buildkitd": "#!/bin/sh\necho the disk is on fire >&2\nexit 3\n",
		"runc":      "#!/bin/sh\n",
	} {
		testenv.WriteProgram(t, filepath.Join(programs, name), script)
	}
	_, err := builder.Connect(t.Context(), childOptions(t, map[string]string{"PATH": programs}))
	if err == nil || !strings.Contains(err.Error(), "the disk is on fire") {
		t.Errorf("Connect() = %v, want what the program said", err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestChildThatIsBusy has opened its socket and then says nothing for longer than
// an address of somebody else's has to answer.
func TestChildThatIsBusy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	programs := t.TempDir()
	testenv.WriteProgram(t, filepath.Join(programs, "buildkitd"), `#!/bin/sh
for argument; do case $argument in unix://*) socket=${argument#unix://} ;; esac; done
`+testenv.Tool(t, "buildkitd")+` "$@" &
trap "kill $!" TERM
until [ -S "$socket" ]; do sleep 0.005; done
kill -STOP $!; sleep 3.5; kill -CONT $!
wait
`)
	b, err := builder.Connect(t.Context(), childOptions(t, map[string]string{"PATH": programs + ":" + os.Getenv("PATH") + ":" + filepath.Dir(testenv.Tool(t, "runc"))}))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// childPid finds the buildkitd whose root is in tmp.
func childPid(t *testing.T, tmp string) int {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		arguments, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(arguments), tmp) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("no process has %s in its arguments", tmp)
	return 0
}

// TestRefusedSolveDoesNotStall asks for what BuildKit refuses before the job
// exists. Without our interceptor its client waits 5 s for a status that never
// comes.
func TestRefusedSolveDoesNotStall(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	b, err := builder.Connect(t.Context(), builder.Options{Want: daemon.Address, Lookup: environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	for range 2 { // the connection goes on working
		started := time.Now()
		statuses := make(chan *client.SolveStatus)
		go func() {
			for range statuses {
				continue
			}
		}()
		_, err = b.Client.Solve(t.Context(), nil, client.SolveOpt{
			Frontend: "dockerfile.v0",
			Exports:  []client.ExportEntry{{Type: "nonsense"}},
		}, statuses)
		if err == nil || !strings.Contains(err.Error(), "nonsense") {
			t.Errorf("Solve() = %v, want an error about the exporter", err)
		}
		if took := time.Since(started); took > 3*time.Second {
			t.Errorf("it took %s: the client waited for a job that never was", took)
		}
	}
}

// TestEngineTooOld asks something that speaks as Docker 19.03 does.
func TestEngineTooOld(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("API-Version", "1.40")
	}))
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	_, err = builder.Connect(t.Context(), builder.Options{Want: "docker", Lookup: environment(map[string]string{"DOCKER_HOST": "unix://" + socket})})
	if err == nil || !strings.Contains(err.Error(), "version 1.40") || !strings.Contains(err.Error(), "Docker 20.10") {
		t.Errorf("Connect() = %v, want an error that names both versions", err)
	}
}
