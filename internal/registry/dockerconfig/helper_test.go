package dockerconfig_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestSilentCredentialHelper has two wait for a helper that never answers. The one who
// has started it waits on, and the other leaves with its own context.
func TestSilentCredentialHelper(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	pipe := filepath.Join(bin, "asked")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	testenv.WriteProgram(t, filepath.Join(bin, "docker-credential-silent"), "#!/bin/sh\necho asked >"+pipe+"\nexec sleep 1000\n")
	env, lookup := newConfig(t, `{"credHelpers": {"registry.example.com": "silent"}}`)
	env["PATH"] = bin
	config := dockerconfig.Read(lookup, func(string) {})
	first, endFirst := context.WithCancel(t.Context())
	firstEnded := make(chan struct{})
	go func() {
		defer close(firstEnded)
		config.Login(first, "registry.example.com")
	}()
	if _, err := os.ReadFile(pipe); err != nil { // the helper runs
		t.Fatal(err)
	}
	second, endSecond := context.WithCancel(t.Context())
	endSecond()
	began := time.Now()
	config.Login(second, "registry.example.com")
	select {
	case <-firstEnded:
		t.Errorf("the second has waited for the first, %s", time.Since(began))
	default:
	}
	endFirst()
	<-firstEnded
	if notices := config.Notices(); len(notices) > 0 {
		t.Errorf("notices %q of a helper that nobody waits for", notices)
	}
}
