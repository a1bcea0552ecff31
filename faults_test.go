package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/testenv"
)

// cleanUpWithin is how long a cancelled run may take to be gone on a machine that is
// busy with other tests: where nothing else runs it takes 3 s, and the runner kills it
// after 10. A run that does not heed the cancellation takes minutes.
const cleanUpWithin = time.Minute

// TestCancelLeavesNothing cancels a run in the middle of a step, as the runner
// does: it ends in time, and the child process, its root and the step are gone.
func TestCancelLeavesNothing(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	for i, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			mark := fmt.Sprintf("987654%d%d", os.Getpid(), i)
			tmp := t.TempDir()
			r := start(t, step{
				dockerfile: "FROM " + base.Name() + "\nRUN echo started; sleep " + mark + "\n",
				env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=local", "TMPDIR=" + tmp},
			})
			r.waitForStep()
			if len(processesWith(t, mark)) == 0 {
				t.Fatal("the step does not run, although it has printed")
			}
			r.mustEndInTime(signal)
			r.mustSay("::error", signal.String()+" signal received")
			if left := append(processesWith(t, mark), processesWith(t, tmp)...); len(left) > 0 {
				t.Errorf("processes are left: %q", left)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("temporary files are left: %v, %v", left, err)
			}
		})
	}
}

// TestCancelStopsRemoteBuild cancels a run whose BuildKit goes on living: the
// step must not.
func TestCancelStopsRemoteBuild(t *testing.T) {
	t.Parallel()
	mark := fmt.Sprintf("98765%d9", os.Getpid())
	_, r := startSleeping(t, mark)
	r.mustEndInTime(syscall.SIGTERM)
	deadline := time.Now().Add(cleanUpWithin)
	for len(processesWith(t, mark)) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the step still runs on the builder")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestBuilderDies kills BuildKit in the middle of a step.
func TestBuilderDies(t *testing.T) {
	t.Parallel()
	daemon, r := startSleeping(t, "1000")
	killed := time.Now()
	daemon.Kill()
	code := r.wait()
	if took := time.Since(killed); code != 1 || took > cleanUpWithin {
		t.Errorf("exit code %d after %s, want 1 soon", code, took)
	}
	r.mustSay("::error", "ended or cannot be reached any more")
	r.mustAnnotateOnce()
}

// TestDiskFull gives the child process a disk that the context does not fit on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=16m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) })
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY big /\n",
		files:      map[string][]byte{"big": bytes.Repeat([]byte("0123456789abcdef"), 2<<20)},
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=local", "TMPDIR=" + small},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error::building: ", "no space left on device", "is full; free some")
	r.mustAnnotateOnce()

	r = start(t, step{
		dockerfile: "FROM " + testenv.BaseImage(t, registry.Host).Name() + "\nRUN dd if=/dev/zero of=/big bs=1M count=64\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=local", "TMPDIR=" + small},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error file=Dockerfile,line=2::building: ", "is full; free some", "%0Athe last lines of the step:%0A", "No space left on device")
	r.mustAnnotateOnce()
}

// TestUnreadableContextFile runs as a user who may not read one of the files.
func TestUnreadableContextFile(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("becoming another user needs root")
	}
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true})
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY . /\n",
		files:      map[string][]byte{"private.key": []byte("x")},
		unreadable: "private.key",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.TCPAddress},
	})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "private.key", "permission denied")

	// What .dockerignore names is not even opened.
	r = start(t, step{
		dockerfile: "FROM scratch\nCOPY . /\n",
		files:      map[string][]byte{"private.key": []byte("x"), ".dockerignore": []byte("*.key\n")},
		unreadable: "private.key",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.TCPAddress},
	})
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, r.said())
	}
}

// TestImpossibleOptionIsQuick asks for what BuildKit refuses before it starts a
// job, where its client would wait for 5 s, and for what we refuse, where an API
// that does not answer must not be waited for.
func TestImpossibleOptionIsQuick(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "INPUT_BUILD-ARGS=BUILDKIT_ATTEST_NONSENSE=1"},
	})
	started := time.Now()
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it took %s: the client waited for a job that never was", took)
	}
	r.mustSay("::error", "nonsense")

	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	r = start(t, step{
		dockerfile: "FROM scratch\n",
		env:        []string{"INPUT_NO-CACHE=maybe", "GITHUB_SHA=ffac537e6cbbf934b08745a378932722df287a53", "GITHUB_API_URL=http://" + silent.Addr().String()},
	})
	started = time.Now()
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it took %s to refuse an input: GitHub's API was waited for", took)
	}
}

// step is a step of a workflow: a push to main.
type step struct {
	dockerfile string
	files      map[string][]byte
	unreadable string // one of files; the step then runs as nobody
	closedLog  bool   // nobody reads what the step prints
	program    string // runs in place of the test binary's own
	env        []string
	wrap       func(cmd *exec.Cmd, work string) // changes the command before it starts, with the step's directory
}

// waitLimit is how long something may take that a test waits for: it is to fail one day
// where that never comes, also on a machine that is slow and busy.
const waitLimit = 5 * time.Minute

// withoutRaceSleep has the race detector not wait a second at the end of a program.
const withoutRaceSleep = "GORACE=atexit_sleep_ms=0"

// running is a step that has been started.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	mu   sync.Mutex
	text bytes.Buffer
}

func start(t *testing.T, s step) *running {
	t.Helper()
	work, err := os.MkdirTemp("", "slipway-test-") //nolint:usetesting // another user must reach it, and not what is around a TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(work) })
	repo := filepath.Join(work, "repo")
	mustWrite(t, filepath.Join(repo, "Dockerfile"), []byte(s.dockerfile))
	mustWrite(t, filepath.Join(work, "event.json"), []byte("{}"))
	for name, content := range s.files {
		mustWrite(t, filepath.Join(repo, name), content)
	}
	r := &running{t: t, cmd: testenv.Command(t, slipway(t, work))}
	if s.program != "" {
		r.cmd.Path = s.program
	}
	r.cmd.Dir = repo
	r.cmd.Env = append([]string{
		"PATH=" + filepath.Dir(testenv.Tool(t, "buildkitd")) + ":" + os.Getenv("PATH"),
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/main", "GITHUB_REPOSITORY=octo/repo",
		"GITHUB_EVENT_PATH=" + filepath.Join(work, "event.json"), "GITHUB_WORKSPACE=" + repo, "GITHUB_API_URL=http://127.0.0.1:1",
		withoutRaceSleep,
	}, s.env...)
	r.cmd.Stdout, r.cmd.Stderr = r, r
	if s.closedLog {
		r.cmd.Stdout = closedPipe(t)
	}
	if s.unreadable != "" {
		becomeNobody(t, r.cmd, work, filepath.Join(repo, s.unreadable))
	}
	if s.wrap != nil {
		s.wrap(r.cmd, work)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	return r
}

// startSleeping starts a step on a BuildKit of its own and waits until the step's
// command sleeps.
func startSleeping(t *testing.T, seconds string) (*testenv.Daemon, *running) {
	t.Helper()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM " + testenv.BaseImage(t, registry.Host).Name() + "\nRUN echo started; sleep " + seconds + "\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address},
	})
	r.waitForStep()
	return daemon, r
}

// slipway copies the program to where every user can run it.
func slipway(t *testing.T, dir string) string {
	t.Helper()
	installed, err := exec.LookPath("slipway")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "slipway")
	// A link costs nothing, and there are hundreds of steps.
	if info, err := os.Stat(installed); err == nil && info.Mode().Perm()&0o005 == 0o005 && os.Link(installed, path) == nil {
		return path
	}
	content, err := os.ReadFile(installed)
	if err != nil {
		t.Fatal(err)
	}
	testenv.WriteProgram(t, path, string(content))
	return path
}

// closedPipe is a pipe whose reader has gone.
func closedPipe(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	return writer
}

func becomeNobody(t *testing.T, cmd *exec.Cmd, work, unreadable string) {
	t.Helper()
	if err := errors.Join(os.Chmod(work, 0o755), os.Chmod(unreadable, 0)); err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

func mustWrite(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Write collects what the step says.
func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

var _ io.Writer = (*running)(nil)

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// waitForStep waits until the build's step has printed started.
func (r *running) waitForStep() {
	r.t.Helper()
	r.waitFor(" started\n")
}

// waitFor waits until the step has said all of the texts.
func (r *running) waitFor(texts ...string) {
	r.t.Helper()
	r.until(fmt.Sprintf("saying %q", texts), func() bool {
		said := r.said()
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(said, text) })
	})
}

// mustReach waits until something has happened that the step is to bring about.
func (r *running) mustReach(what string, happened <-chan struct{}) {
	r.t.Helper()
	r.until(what, func() bool {
		select {
		case <-happened:
			return true
		default:
			return false
		}
	})
}

// until waits for what the step is to come to, and no longer than the step goes on.
func (r *running) until(what string, happened func() bool) {
	r.t.Helper()
	ended := false
	for deadline := time.Now().Add(waitLimit); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("it does not come to %s; it has ended: %t\n%s", what, ended, r.said())
		}
		if !ended && r.ended() {
			ended, deadline = true, time.Now().Add(time.Second) // its last words may still be read
		}
	}
}

// ended asks without waiting, and leaves it to wait to be told how. In /proc a
// program that is just being started looks like one that has ended.
func (r *running) ended() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, r.cmd.Process.Pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return errors.Is(err, unix.ECHILD) || info.Signo != 0
}

func (r *running) wait() int {
	r.t.Helper()
	err := r.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return r.cmd.ProcessState.ExitCode()
}

// mustEndInTime sends a signal and wants the step to fail within cleanUpWithin.
func (r *running) mustEndInTime(signal os.Signal) {
	r.t.Helper()
	sent := time.Now()
	if err := r.cmd.Process.Signal(signal); err != nil {
		r.t.Fatal(err)
	}
	code := r.wait()
	if took := time.Since(sent); code != 1 || took > cleanUpWithin {
		r.t.Errorf("exit code %d after %s, want 1 within %s\n%s", code, took, cleanUpWithin, r.said())
	}
}

func (r *running) mustSay(words ...string) {
	r.t.Helper()
	for _, word := range words {
		if !strings.Contains(r.said(), word) {
			r.t.Errorf("it does not say %q:\n%s", word, r.said())
		}
	}
}

// mustAnnotateOnce wants one error of a run.
func (r *running) mustAnnotateOnce() {
	r.t.Helper()
	if errors := strings.Count(r.said(), "\n::error"); errors != 1 {
		r.t.Errorf("%d errors, want one:\n%s", errors, r.said())
	}
}

// processesWith lists the processes that have text in their arguments.
func processesWith(t *testing.T, text string) []string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range paths {
		arguments, err := os.ReadFile(path)
		if err == nil && bytes.Contains(arguments, []byte(text)) {
			found = append(found, string(bytes.ReplaceAll(arguments, []byte{0}, []byte(" "))))
		}
	}
	return found
}
