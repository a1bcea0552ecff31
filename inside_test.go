package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/action"
)

// insideRun is a run in this process.
type insideRun struct {
	dir    string // workspace
	env    map[string]string
	cancel context.CancelCauseFunc
	code   chan int
	mu     sync.Mutex
	text   bytes.Buffer
}

func newInside(t *testing.T, dockerfile string) *insideRun {
	t.Helper()
	r := &insideRun{dir: t.TempDir(), code: make(chan int, 1)}
	about := t.TempDir()
	mustWrite(t, filepath.Join(r.dir, "Dockerfile"), []byte(dockerfile))
	mustWrite(t, filepath.Join(about, "event.json"), []byte("{}"))
	r.env = map[string]string{
		"PATH": os.Getenv("PATH"), "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_REPOSITORY": "octo/" + strings.ToLower(rand.Text()), // of which nothing is there
		"GITHUB_EVENT_PATH": filepath.Join(about, "event.json"), "GITHUB_WORKSPACE": r.dir, "GITHUB_API_URL": "http://127.0.0.1:1",
		"GITHUB_STEP_SUMMARY": filepath.Join(about, "summary.md"), "GITHUB_OUTPUT": filepath.Join(about, "outputs"),
	}
	return r
}

func startInside(t *testing.T, dockerfile string, env ...map[string]string) *insideRun {
	t.Helper()
	r := newInside(t, dockerfile)
	r.begin(t, env...)
	return r
}

// begin starts the run, with more of an environment.
func (r *insideRun) begin(t *testing.T, env ...map[string]string) {
	t.Helper()
	for _, more := range env {
		maps.Copy(r.env, more)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	r.cancel = cancel
	t.Cleanup(func() { cancel(nil) })
	go func() {
		r.code <- action.Main(ctx, action.Env{
			Lookup: func(name string) (string, bool) { value, set := r.env[name]; return value, set },
			Stdin:  strings.NewReader(""), Stdout: r, Stderr: r, Dir: r.dir, Version: "test",
		})
	}()
}

// Write collects what the run says.
func (r *insideRun) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *insideRun) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *insideRun) waitFor(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); !strings.Contains(r.said(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not say %q:\n%s", text, r.said())
		}
	}
}

// wait waits for the end, and returns the exit code.
func (r *insideRun) wait(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case code := <-r.code:
		return code
	case <-time.After(within):
		t.Fatalf("it has not ended after %s:\n%s", within, r.said())
		return 0
	}
}

// mustEndCancelled cancels the run when it has come to a place, as a signal does.
func (r *insideRun) mustEndCancelled(t *testing.T, at <-chan struct{}) {
	t.Helper()
	select {
	case <-at:
	case code := <-r.code:
		t.Fatalf("exit code %d before it was cancelled:\n%s", code, r.said())
	case <-time.After(waitLimit):
		t.Fatalf("it does not come to where it is to be cancelled:\n%s", r.said())
	}
	r.cancel(errors.New("the test's signal received"))
	cancelled := time.Now()
	code := r.wait(t, leavesWithin)
	t.Logf("it has ended after %s", time.Since(cancelled))
	if code != 1 || !strings.Contains(r.said(), "the test's signal received") {
		t.Errorf("exit code %d, want 1 and that it says why:\n%s", code, r.said())
	}
}
