package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/testenv"
)

// publicDir is a directory that every user can reach; t.TempDir is not.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "octocat-") //nolint:usetesting // the test's own name has no place in a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// TestRootless publishes as a user without any privilege. Steps have the ids of
// an image, see no process but their own, and leave files that this user may not
// remove.
func TestRootless(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	home := publicDir(t)
	r := start(t, step{
		dockerfile: "FROM " + base.Name() + "\n" +
			"RUN mkdir -p /d/e && touch /d/e/f && chown -R 7:8 /d && chmod 700 /d && echo \"built by $(id -u)\"\n" +
			"RUN ps && test $(ls -d /proc/[0-9]* | wc -l) -lt 6\n" +
			"USER 65534\nRUN echo then by $(id -u)\n",
		env:  []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=local"},
		wrap: machine{}.as(t, home),
	})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, r.said())
	}
	digest := remoteDigest(t, registry.Host+"/octo/repo:latest")
	r.mustSay("Building with buildkitd as a child process, rootless", "built by 0\n", "then by 65534\n", digest)
	if owners := ownersIn(t, registry.Host+"/octo/repo@"+digest); owners["d/e/f"] != [2]int{7, 8} {
		t.Errorf("d/e/f belongs to %v, want 7:8; all: %v", owners["d/e/f"], owners)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
	if left := processesWith(t, home); len(left) > 0 {
		t.Errorf("processes are left: %q", left)
	}
}

// ownersIn returns the user and group of every file of an image.
func ownersIn(t *testing.T, reference string) map[string][2]int {
	t.Helper()
	layers, err := mustPull(t, reference).Layers()
	if err != nil {
		t.Fatal(err)
	}
	owners := map[string][2]int{}
	for _, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for archive := tar.NewReader(content); ; {
			header, err := archive.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			owners[header.Name] = [2]int{header.Uid, header.Gid}
		}
	}
	return owners
}

// TestRootlessCancelLeavesNothing cancels a rootless run in the middle of a step
// that has made files of another user.
func TestRootlessCancelLeavesNothing(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	for i, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			c := startRootlessSleep(t, 10+i, base, registry)
			c.mustEndInTime(signal)
			c.mustSay("::error", signal.String()+" signal received")
			c.mustLeaveNothing()
		})
	}
	t.Run("buildkitd hangs", func(t *testing.T) {
		t.Parallel()
		c := startRootlessSleep(t, 20, base, registry)
		c.stopDaemon()
		c.mustEndInTime(syscall.SIGTERM)
		c.mustLeaveNothing()
	})
}

func startRootlessSleep(t *testing.T, number int, base name.Reference, registry *testenv.Registry) sleepingChild {
	t.Helper()
	home := publicDir(t)
	return startSleepingChild(t, number, home, base.Name(), step{
		env:  []string{"INPUT_REGISTRY=" + registry.Host},
		wrap: machine{}.as(t, home),
	})
}

// TestRootlessRefusal has a machine that lacks one thing, and one that lacks
// nearly all: the run says what, before anything is started.
func TestRootlessRefusal(t *testing.T) {
	t.Parallel()
	programs := publicDir(t)
	content, err := os.ReadFile(testenv.Tool(t, "newuidmap"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"newuidmap", "newgidmap"} {
		if err := os.WriteFile(filepath.Join(programs, name), content, 0o755); err != nil { // no longer setuid
			t.Fatal(err)
		}
	}
	if err := os.Chmod(programs, 0o755); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(programs, "zero"), []byte("0\n"))
	for title, c := range map[string]struct {
		machine machine
		says    []string
	}{
		"no newuidmap":       {machine{path: "TOOLS"}, []string{"there is no newuidmap on PATH; there is no newgidmap on PATH\n"}},
		"no setuid":          {machine{path: "TOOLS:" + programs}, []string{programs + "/newuidmap has no right to map ids", programs + "/newgidmap has no right"}},
		"no_new_privs":       {machine{noNewPrivs: true}, []string{"no_new_privs"}},
		"no subordinate ids": {machine{subuid: "root:1:65536\n"}, []string{"/etc/subuid has no entry for octocat\n"}},
		"too few":            {machine{subgid: "54321:700000:1000\n"}, []string{"/etc/subgid gives octocat 1000 ids, and images need 65536\n"}},
		"no namespaces":      {machine{over: []over{{"/proc/sys/user/max_user_namespaces", programs + "/zero"}}}, []string{"user.max_user_namespaces is 0; "}},
		"no right to them":   {machine{chroot: true}, []string{"may make no user namespace: ", "operation not permitted"}},
		"covered /proc":      {machine{over: []over{{"/proc/cpuinfo", "/dev/null"}}}, []string{"/proc/cpuinfo for one"}},
		"nearly all": {
			machine{path: "/nowhere", subuid: "x", subgid: "x", noNewPrivs: true},
			[]string{"no buildkitd on PATH; ", "no rootlesskit on PATH; ", "no newuidmap on PATH; ", "no_new_privs", "/etc/subuid has no entry", "/etc/subgid has no entry"},
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			home := publicDir(t)
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env:        []string{"INPUT_PUSH=false", "INPUT_BUILDER=local"},
				wrap:       c.machine.as(t, home),
			})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			r.mustSay(append(c.says, "::error", "buildkitd as a child process: this process lacks the capability CAP_SYS_ADMIN", "buildkitd cannot run rootless: ")...)
			if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
				t.Errorf("files are left: %v, %v", left, err)
			}
		})
	}
}
