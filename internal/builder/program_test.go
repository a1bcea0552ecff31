package builder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/testenv"
)

// fake is a program that connects to a BuildKit, on a PATH of its own. It notes
// its process and arguments, and then runs the rest of its script.
type fake struct {
	t   *testing.T
	dir string
}

func newFake(t *testing.T, name, script string) fake {
	t.Helper()
	f := fake{t, t.TempDir()}
	text := fmt.Sprintf("#!/bin/sh\necho $$ >'%[1]s/pid'\nprintf '%%s\\n' \"$@\" >'%[1]s/arguments'\n%[2]s\n", f.dir, script)
	testenv.WriteProgram(t, filepath.Join(f.dir, name), text)
	return f
}

func (f fake) read(name string) string {
	f.t.Helper()
	content, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.TrimSuffix(string(content), "\n")
}

// mustBeGone checks that the program has ended.
func (f fake) mustBeGone() {
	f.t.Helper()
	pid, err := strconv.Atoi(f.read("pid"))
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err == nil {
		f.t.Errorf("the process %d is left", pid)
	}
}

func (f fake) connect(address string) (*builder.Builder, error) {
	return builder.Connect(f.t.Context(), builder.Options{Want: address, Lookup: environment(map[string]string{"PATH": "relative:" + f.dir})})
}

// TestThroughAProgram connects and builds through each kind of program. In place
// of a cluster or another machine it is answered by buildctl dial-stdio here,
// which is what runs on the other side in earnest.
func TestThroughAProgram(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	dialStdio := testenv.Tool(t, "buildctl") + " --addr " + daemon.Address + " dial-stdio; echo >\"${0%/*}/ended\""
	for address, want := range map[string]struct {
		program   string
		arguments []string
	}{
		"docker-container://buildx_buildkit_x0":             {"docker", []string{"exec", "-i", "buildx_buildkit_x0", "buildctl", "dial-stdio"}},
		"docker-container://b?context=far":                  {"docker", []string{"--context=far", "exec", "-i", "b", "buildctl", "dial-stdio"}},
		"podman-container://b":                              {"podman", []string{"exec", "-i", "b", "buildctl", "dial-stdio"}},
		"kube-pod://pod-0":                                  {"kubectl", []string{"exec", "-i", "pod-0", "--", "buildctl", "dial-stdio"}},
		"kube-pod://p?context=u@c&namespace=ci&container=b": {"kubectl", []string{"--context=u@c", "--namespace=ci", "exec", "--container=b", "-i", "p", "--", "buildctl", "dial-stdio"}},
		"ssh://buildkitd":                                   {"ssh", []string{"--", "buildkitd", "buildctl", "dial-stdio"}},
		"ssh://me@buildkitd:2222/run/user/1000/b.sock":      {"ssh", []string{"-l", "me", "-p", "2222", "--", "buildkitd", "buildctl", "--addr", "unix:///run/user/1000/b.sock", "dial-stdio"}},
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			program := newFake(t, want.program, dialStdio)
			b, err := program.connect(address)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.Name, address) || len(b.Platforms) == 0 {
				t.Errorf("connected to %q with platforms %v, want the address and some", b.Name, b.Platforms)
			}
			if diff := cmp.Diff(want.arguments, strings.Split(program.read("arguments"), "\n")); diff != "" {
				t.Errorf("arguments of %s, -want +got:\n%s", want.program, diff)
			}
			if _, err := b.Client.Solve(t.Context(), nil, client.SolveOpt{}, nil); err == nil {
				t.Error("Solve() of nothing = nil, want an error: it is to show that a session works")
			}
			if err := b.Close(t.Context()); err != nil {
				t.Errorf("Close() = %v", err)
			}
			program.read("ended") // what does not end by itself is killed before it writes that
			program.mustBeGone()
		})
	}
}

// TestProgramThatFails says what the program said, in time, and leaves nothing.
func TestProgramThatFails(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		says   []string
	}{
		"it ends with an error":  {"echo 'pods \"b\" not found' >&2; exit 3", []string{`pods "b" not found`, "exit status 3"}},
		"it ends without a word": {"exit 0", []string{"said: nothing"}},
		"it is not a BuildKit":   {"echo Welcome to this machine.; exec cat >/dev/null", nil},
		"it leaves a child":      {"sleep 30 & echo lost >&2; exit 1", []string{"lost"}},
		"it is a broken script":  {"exec /nowhere/program", []string{"/nowhere/program"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			program := newFake(t, "kubectl", c.script)
			started := time.Now()
			_, err := program.connect("kube-pod://b")
			if took := time.Since(started); took > 8*time.Second { // the time of what says nothing is 10 s
				t.Errorf("it took %s", took)
			}
			wantSaid(t, err, append(c.says, "kube-pod://b", "kubectl exec -i b -- buildctl dial-stdio")...)
			program.mustBeGone()
		})
	}
}

// TestProgramThatHangs is given its time and then ended, also where it does not
// want to.
func TestProgramThatHangs(t *testing.T) {
	t.Parallel()
	program := newFake(t, "ssh", "trap '' TERM\nwhile :; do sleep 1; done")
	started := time.Now()
	_, err := program.connect("ssh://buildkitd")
	if took := time.Since(started); took > time.Minute {
		t.Errorf("it took %s", took)
	}
	wantSaid(t, err, "no answer within 10s", "ssh://buildkitd")
	program.mustBeGone()
}

func TestProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	for address, program := range map[string]string{
		"docker-container://b": "docker", "podman-container://b": "podman", "kube-pod://b": "kubectl", "ssh://b": "ssh",
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			_, err := newFake(t, "another", "").connect(address)
			if took := time.Since(started); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			wantSaid(t, err, address, "the program "+program+", which is not on PATH", "the action's own image does not have it")
		})
	}
}

// TestProgramKnowsNoSecret reads the program's environment: kubectl hands its
// own on to programs that fetch a cloud's tokens.
func TestProgramKnowsNoSecret(t *testing.T) {
	const canary = "canary-77a0"
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	t.Setenv("INPUT_TOKEN", canary)
	t.Setenv("INPUT_SECRET-FILES", canary)
	t.Setenv("ACTIONS_RUNTIME_TOKEN", canary)
	t.Setenv("KUBECONFIG", "/etc/kubeconfig")
	program := newFake(t, "kubectl", "exec "+testenv.Tool(t, "buildctl")+" --addr "+daemon.Address+" dial-stdio")
	b, err := program.connect("kube-pod://b")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join("/proc", program.read("pid"), "environ"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if strings.Contains(string(raw), canary) {
		t.Errorf("the program's environment holds a secret: %q", raw)
	}
	if !strings.Contains(string(raw), "KUBECONFIG=/etc/kubeconfig") {
		t.Errorf("the program does not know the cluster: %q", raw)
	}
}
