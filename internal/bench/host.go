package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// host is what the daemons of testenv take for a test: it holds what ends with
// the run.
type host struct {
	ctx      context.Context
	cancel   context.CancelFunc
	log      io.Writer
	cleanups []func()
}

// failed is what Fatalf panics with.
type failed struct{ error }

// attempt runs do, then everything that do has given to Cleanup. The error is
// the one given to Fatalf.
func attempt(ctx context.Context, log io.Writer, do func(*host)) (err error) {
	h := &host{log: log}
	h.ctx, h.cancel = context.WithCancel(ctx)
	defer func() {
		stopped := recover()
		h.end()
		if f, ok := stopped.(failed); ok {
			err = f.error
		} else if stopped != nil {
			panic(stopped)
		}
	}()
	do(h)
	return nil
}

// end ends the context first, as testing does.
func (h *host) end() {
	h.cancel()
	for len(h.cleanups) > 0 {
		last := len(h.cleanups) - 1
		cleanup := h.cleanups[last]
		h.cleanups = h.cleanups[:last]
		cleanup()
	}
}

// Helper does nothing: nobody wants the line of a failure here.
func (h *host) Helper() {}

// Context ends when the program is interrupted, or with the run.
func (h *host) Context() context.Context { return h.ctx }

// Fatalf ends the run. It does not return.
func (h *host) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if h.ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	panic(failed{err})
}

// check ends the run if there is an error.
func (h *host) check(doing string, err error) {
	if err != nil {
		h.Fatalf("%s: %w", doing, err)
	}
}

// Logf writes a line to the log.
func (h *host) Logf(format string, args ...any) { fmt.Fprintf(h.log, format+"\n", args...) }

// Cleanup has do run at the end, last in, first out.
func (h *host) Cleanup(do func()) { h.cleanups = append(h.cleanups, do) }

// TempDir returns a new directory that is removed at the end.
func (h *host) TempDir() string {
	dir, err := os.MkdirTemp("", "slipway-bench-")
	h.check("creating a temporary directory", err)
	h.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
