package testenv

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestEngineTakesContainersAlong has shims that are no children of the engine's.
func TestEngineTakesContainersAlong(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{})
	base := BaseImage(t, registry.Host).Name()
	for name, opt := range map[string]EngineOptions{"29": {}, "20.10": {Old: true}} {
		for end, f := range map[string]func(*testing.T, *Engine, string){
			"stopped": func(*testing.T, *Engine, string) {},
			"killed": func(t *testing.T, e *Engine, program string) {
				e.Kill()
				mustEnd(t, program)
			},
			"crashed": func(t *testing.T, e *Engine, program string) {
				e.Crash(t)
				if !runs(t, program) {
					t.Error("the container went with dockerd")
				}
			},
		} {
			t.Run(name+" "+end, func(t *testing.T) {
				t.Parallel()
				seconds := strconv.FormatInt(1e9+time.Now().UnixNano()%1e9, 10)
				program := "sleep\x00" + seconds
				t.Run("engine", func(t *testing.T) {
					e := NewEngine(t, opt)
					e.Forward(t, registry.Host)
					e.Run(t, Container{Name: "sleeps", Image: base, Program: []string{"sleep", seconds}, Volume: "any", MountedAt: "/any"})
					if !becomes(t, program, true) { // the engine does not wait for its exec
						t.Fatal("the container does not run")
					}
					f(t, e, program)
				})
				mustEnd(t, program)
			})
		}
	}
}

// mustEnd waits for a process that has been killed.
func mustEnd(t *testing.T, arguments string) {
	t.Helper()
	if !becomes(t, arguments, false) {
		t.Error("the container goes on")
	}
}

// becomes waits until a process runs, or none does, and tells whether it came to that.
func becomes(t *testing.T, arguments string, running bool) bool {
	t.Helper()
	for deadline := time.Now().Add(startLimit); runs(t, arguments) != running; time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// runs looks for a process with these arguments among others.
func runs(t *testing.T, arguments string) bool {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if said, err := os.ReadFile(path); err == nil && bytes.Contains(said, []byte(arguments)) {
			return true
		}
	}
	return false
}
