package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// nodeLines starts two BuildKits that want a certificate of every client, and
// returns what the scripts find them by: their addresses, and what the input
// builder-tls is to be.
func nodeLines(t *testing.T) map[string]string {
	t.Helper()
	ca := testenv.NewCA(t, "the farm's authority")
	options := testenv.BuildkitdOptions{TCP: true, TLS: ca, Clients: ca}
	amd64 := testenv.Buildkitd(t, options)
	options.Platform = "linux/arm64"
	arm64 := testenv.Buildkitd(t, options)
	dir := t.TempDir()
	cert, key := ca.Client("octo-org")
	for file, content := range map[string][]byte{"ca.pem": ca.PEM, "cert.pem": cert, "key.pem": key} {
		mustWrite(t, filepath.Join(dir, file), content)
	}
	return map[string]string{
		"NODE_AMD64":  amd64.TCPAddress,
		"NODE_ARM64":  arm64.TCPAddress,
		"NODE_SOCKET": amd64.Address,
		"FARM_TLS":    fmt.Sprintf("ca=%[1]s/ca.pem\ncert=%[1]s/cert.pem\nkey=%[1]s/key.pem\n", dir),
	}
}

// nodes is two BuildKits on sockets and a registry.
type nodes struct {
	amd64, arm64 *testenv.Daemon
	registry     *testenv.Registry
	base         string
	env          []string
}

func newNodes(t *testing.T, second testenv.BuildkitdOptions) *nodes {
	t.Helper()
	second.Platform = "linux/arm64"
	f := &nodes{amd64: testenv.Buildkitd(t, testenv.BuildkitdOptions{}), arm64: testenv.Buildkitd(t, second)}
	f.registry = testenv.NewRegistry(t, testenv.RegistryOptions{})
	f.base = testenv.BaseImage(t, f.registry.Host).Name()
	f.env = []string{
		"INPUT_REGISTRY=" + f.registry.Host,
		fmt.Sprintf("INPUT_BUILDER=linux/amd64=%s\nlinux/arm64=%s", f.amd64.Address, f.arm64.Address),
	}
	return f
}

// mustHaveNoTag wants the registry to hold nothing under latest.
func (f *nodes) mustHaveNoTag(t *testing.T) {
	t.Helper()
	ref, err := name.ParseReference(f.registry.Host + "/octo/repo:latest")
	if err != nil {
		t.Fatal(err)
	}
	if there, err := remote.Head(ref); err == nil {
		t.Errorf("%s points at %s", ref, there.Digest)
	}
}

// sleeping is a Dockerfile whose step runs on this machine, whatever the node
// builds, and sleeps.
func (f *nodes) sleeping(mark string) string {
	return fmt.Sprintf("FROM --platform=linux/amd64 %s AS work\nARG TARGETARCH\nRUN echo $TARGETARCH started; sleep %s; echo >/done\nFROM scratch\nCOPY --from=work /done /\n", f.base, mark)
}

// mustBeGone waits until no process has mark in its arguments.
func mustBeGone(t *testing.T, mark string) {
	t.Helper()
	for deadline := time.Now().Add(cleanUpWithin); len(processesWith(t, mark)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("steps still run: %q", processesWith(t, mark))
		}
	}
}

// TestNodeDies kills one node in the middle of a step: the error names it,
// the step on the other node ends, and no tag moves.
func TestNodeDies(t *testing.T) {
	t.Parallel()
	f := newNodes(t, testenv.BuildkitdOptions{})
	mark := fmt.Sprintf("98764%d1", os.Getpid())
	r := start(t, step{dockerfile: f.sleeping(mark), env: f.env})
	r.waitFor(" amd64 started\n", " arm64 started\n")
	killed := time.Now()
	f.arm64.Kill()
	code := r.wait()
	if took := time.Since(killed); code != 1 || took > cleanUpWithin {
		t.Errorf("exit code %d after %s, want 1 soon", code, took)
	}
	r.mustSay("::error::linux/arm64 on "+f.arm64.Address+": building: ", "ended or cannot be reached any more")
	mustBeGone(t, mark)
	f.mustHaveNoTag(t)
}

// TestNodeFails has a Dockerfile that only one platform can be built of. Its
// error comes at its place, the step on the other node ends, and no tag moves.
func TestNodeFails(t *testing.T) {
	t.Parallel()
	f := newNodes(t, testenv.BuildkitdOptions{})
	mark := fmt.Sprintf("98764%d2", os.Getpid())
	r := start(t, step{
		dockerfile: "FROM " + f.base + " AS base-amd64\nRUN echo amd64 started; sleep " + mark + "\n" +
			"FROM " + f.base + " AS base-arm64\nCOPY missing.txt /\n" +
			"FROM base-${TARGETARCH}\n",
		env: f.env,
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error file=Dockerfile,line=4::linux/arm64 on "+f.arm64.Address+": building: ", "missing.txt")
	if strings.Contains(r.said(), "linux/amd64 on "+f.amd64.Address) {
		t.Errorf("it blames the node that was cancelled:\n%s", r.said())
	}
	mustBeGone(t, mark)
	f.mustHaveNoTag(t)
}

// TestNodesAreCancelled stops a run while every node is busy.
func TestNodesAreCancelled(t *testing.T) {
	t.Parallel()
	f := newNodes(t, testenv.BuildkitdOptions{})
	mark := fmt.Sprintf("98764%d3", os.Getpid())
	r := start(t, step{dockerfile: f.sleeping(mark), env: f.env})
	r.waitFor(" amd64 started\n", " arm64 started\n")
	r.mustEndInTime(syscall.SIGTERM)
	r.mustSay("::error::building: terminated signal received")
	mustBeGone(t, mark)
	f.mustHaveNoTag(t)
}

// TestNodesDown has nodes that are down in three ways beside one that is up
// and one that is slow: all that are down are named, in time.
func TestNodesDown(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	programs, err := os.MkdirTemp("", "programs-") //nolint:usetesting // the name of the test has no place in a PATH
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(programs) })
	testenv.WriteProgram(t, filepath.Join(programs, "ssh"), "#!/bin/sh\nexec /bin/busybox sleep 60\n")
	down := []string{"tcp://127.0.0.1:1", "unix:///nowhere/buildkitd.sock", "tcp://" + silent.Addr().String(), "ssh://far-away"}
	started := time.Now()
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env: []string{
			"INPUT_PUSH=false", "PATH=" + programs,
			fmt.Sprintf("INPUT_BUILDER=linux/amd64=%s\nlinux/386=%s\nlinux/arm64=%s\nlinux/s390x=%s\nlinux/riscv64=%s", daemon.Address, down[0], down[1], down[2], down[3]),
		},
	})
	code := r.wait()
	if took := time.Since(started); code != 1 || took > time.Minute {
		t.Errorf("exit code %d after %s, want 1 within a minute", code, took)
	}
	for _, address := range down {
		r.mustSay("::error::connecting to BuildKit: " + address + " (linux/")
	}
	if strings.Contains(r.said(), "BuildKit: "+daemon.Address) || strings.Contains(r.said(), "::group::Build") {
		t.Errorf("it blames the node that is up, or builds there:\n%s", r.said())
	}
	if left := processesWith(t, programs); len(left) > 0 {
		t.Errorf("processes are left: %q", left)
	}
}

// TestNodesOfTwoVersions has a node that is some months older.
func TestNodesOfTwoVersions(t *testing.T) {
	t.Parallel()
	f := newNodes(t, testenv.BuildkitdOptions{Older: true})
	r := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: f.env})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("The nodes have different versions of BuildKit: "+f.amd64.Address+" ", f.arm64.Address+" v0.31.2",
		"digest  "+remoteDigest(t, f.registry.Host+"/octo/repo:latest"))
}

// TestLogOfNodesIsWhole reads the log of two nodes that print much at the same time:
// every line is whole and says whose it is.
func TestLogOfNodesIsWhole(t *testing.T) {
	t.Parallel()
	f := newNodes(t, testenv.BuildkitdOptions{})
	const lines = 300
	r := start(t, step{
		dockerfile: fmt.Sprintf("FROM --platform=linux/amd64 %s AS work\nARG TARGETARCH\n"+
			"RUN for i in $(seq %d); do echo -n \"$TARGETARCH line \"; echo \"$i of $TARGETARCH\"; done; echo >/done\nFROM scratch\nCOPY --from=work /done /\n", f.base, lines),
		env: f.env,
	})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	said := r.said()
	_, log, _ := strings.Cut(said, "::stop-commands::")
	_, log, _ = strings.Cut(log, "\n")
	log, _, _ = strings.Cut(log, "\n::")
	whole := map[string]int{}
	for line := range strings.Lines(log) {
		arch, found := strings.CutPrefix(line, "linux/")
		if !found || len(arch) < 7 || arch[5:7] != " |" {
			t.Errorf("a line of the log does not say whose it is: %q", line)
			continue
		}
		arch = arch[:5]
		if strings.Contains(line, arch+" line ") && strings.HasSuffix(line, " of "+arch+"\n") {
			whole[arch]++
		}
	}
	if whole["amd64"] != lines || whole["arm64"] != lines {
		t.Errorf("whole lines: %v, want %d of each", whole, lines)
	}
	// A warning that both nodes give.
	if n := strings.Count(said, "::warning file=Dockerfile,line=1::"); n != 1 {
		t.Errorf("the warning of line 1 is given %d times, want once:\n%s", n, said)
	}
	r.mustSay("digest  " + remoteDigest(t, f.registry.Host+"/octo/repo:latest"))
}
