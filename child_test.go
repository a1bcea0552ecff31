package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// sleepingChild is a run whose child process carries out a step that sleeps.
type sleepingChild struct {
	*running
	tmp  string // where the run keeps its files
	mark string // for how long the step sleeps, which no other process does
}

// startSleepingChild starts a run with its files in tmp, and waits until its step
// sleeps. Each run has another number.
func startSleepingChild(t *testing.T, number int, tmp, base string, s step) sleepingChild {
	t.Helper()
	c := sleepingChild{mark: fmt.Sprintf("9876%d%d", number, os.Getpid()), tmp: tmp}
	s.dockerfile = "FROM " + base + "\nRUN mkdir /d && touch /d/f && chown -R 7:7 /d; echo started; sleep " + c.mark + "\n"
	s.env = append(s.env, "INPUT_BUILDER=local", "TMPDIR="+tmp)
	c.running = start(t, s)
	c.waitForStep()
	if len(processesWith(t, c.mark)) == 0 {
		t.Fatal("the step does not run, although it has printed")
	}
	return c
}

// stopDaemon stops the run's buildkitd in its tracks.
func (c sleepingChild) stopDaemon() {
	c.t.Helper()
	pid := c.daemon()
	if pid == 0 {
		c.t.Fatalf("no buildkitd runs in %s", c.tmp)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		c.t.Fatal(err)
	}
}

// daemon is the process of the run's buildkitd, or 0.
func (c sleepingChild) daemon() int {
	c.t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, path := range paths {
		arguments, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(arguments, []byte(c.tmp)) {
			continue
		}
		program, _, _ := bytes.Cut(arguments, []byte{0})
		if filepath.Base(string(program)) != "buildkitd" {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			return pid
		}
	}
	return 0
}

// mustLeaveNothing looks for processes, files and mounts of the run.
func (c sleepingChild) mustLeaveNothing() {
	c.t.Helper()
	if left := append(processesWith(c.t, c.mark), processesWith(c.t, c.tmp)...); len(left) > 0 {
		c.t.Errorf("processes are left: %q", left)
	}
	if left, err := os.ReadDir(c.tmp); err != nil || len(left) > 0 {
		c.t.Errorf("temporary files are left: %v, %v", left, err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		c.t.Fatal(err)
	}
	if bytes.Contains(mounts, []byte(c.tmp)) {
		c.t.Errorf("mounts are left:\n%s", mounts)
	}
}

// TestCancelWithChildThatHangs cancels a run whose buildkitd does nothing any
// more: it is killed, and the step that it has started ends with it.
func TestCancelWithChildThatHangs(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	c := startSleepingChild(t, 1, t.TempDir(), testenv.BaseImage(t, registry.Host).Name(), step{env: []string{"INPUT_REGISTRY=" + registry.Host}})
	c.stopDaemon()
	c.mustEndInTime(syscall.SIGTERM)
	c.mustLeaveNothing()
}

// TestCancelWhileStarting cancels runs before and while their child process
// starts, and soon after.
func TestCancelWhileStarting(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	for _, user := range []string{"root", "octocat"} {
		for _, after := range []time.Duration{20, 60, 100, 140, 180, 240} {
			t.Run(fmt.Sprintf("%s after %dms", user, after), func(t *testing.T) {
				t.Parallel()
				home := publicDir(t)
				s := step{
					dockerfile: "FROM " + base.Name() + "\nRUN sleep 1000\n",
					env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=local", "TMPDIR=" + home},
				}
				if user != "root" {
					s.wrap = machine{}.as(t, home)
				}
				c := sleepingChild{running: start(t, s), tmp: home, mark: home}
				time.Sleep(after * time.Millisecond)
				sent := time.Now()
				if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				c.wait() // with any exit code: it may not have been ours yet
				if took := time.Since(sent); took > cleanUpWithin {
					t.Errorf("it took %s, want at most %s\n%s", took, cleanUpWithin, c.said())
				}
				c.mustLeaveNothing()
			})
		}
	}
}

// mustDieAlone kills the run, and wants its processes to end by themselves.
func (c sleepingChild) mustDieAlone() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	c.wait()
	for deadline := time.Now().Add(cleanUpWithin); len(processesWith(c.t, c.mark))+len(processesWith(c.t, c.tmp)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("processes are left: %q", append(processesWith(c.t, c.mark), processesWith(c.t, c.tmp)...))
		}
	}
}
