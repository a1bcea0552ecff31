package builder

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// newLoading is a Loading into an engine that does with the image what load does.
func newLoading(load func(ctx context.Context, image io.Reader) error) *Loading {
	ctx, cancel := context.WithCancel(context.Background())
	return &Loading{
		load:   func(image io.Reader) error { return load(ctx, image) },
		cancel: cancel,
		done:   make(chan struct{}),
	}
}

// What BuildKit writes waits until the engine reads it: nothing is kept between.
func TestLoadingKeepsNothing(t *testing.T) {
	t.Parallel()
	read := make(chan struct{})
	loading := newLoading(func(_ context.Context, image io.Reader) error {
		<-read
		content, err := io.ReadAll(image)
		if string(content) != "image" {
			t.Errorf("the engine read %q", content)
		}
		return err
	})
	w, err := loading.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		if _, err := io.WriteString(w, "image"); err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-written:
		t.Error("it was written before anybody read it")
	case <-time.After(50 * time.Millisecond):
	}
	close(read)
	<-written
	if err := w.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if err := loading.End(true); err != nil {
		t.Errorf("End = %v", err)
	}
}

// An engine has the whole image before the archive's last block ends.
func TestLoadingWithARest(t *testing.T) {
	t.Parallel()
	loading := newLoading(func(_ context.Context, image io.Reader) error {
		_, err := io.ReadFull(image, make([]byte, 3))
		return err
	})
	w, err := loading.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"abc", "rest"} {
		if _, err := io.WriteString(w, part); err != nil {
			t.Errorf("Write(%s) = %v", part, err)
		}
	}
	if err := errors.Join(w.Close(), loading.End(true)); err != nil {
		t.Error(err)
	}
}

func TestLoadingThatFails(t *testing.T) {
	t.Parallel()
	refused := errors.New("no space left")
	loading := newLoading(func(context.Context, io.Reader) error { return refused })
	w, err := loading.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, "image")
	if err := w.Close(); !errors.Is(err, refused) {
		t.Errorf("Close = %v, want the engine's reason", err)
	}
	if _, err := loading.Open(nil); err == nil {
		t.Error("a second image could be loaded")
	}
	for _, built := range []bool{true, false} {
		if err := loading.End(built); !errors.Is(err, refused) {
			t.Errorf("End(%v) = %v, want the engine's reason", built, err)
		}
	}
}

// A build that failed has sent nothing, or half of it.
func TestLoadingOfABuildThatFailed(t *testing.T) {
	t.Parallel()
	none := newLoading(nil)
	if err := none.End(false); err != nil {
		t.Errorf("End(false) = %v, want none: the build is to blame", err)
	}
	if err := none.End(true); err == nil || !strings.Contains(err.Error(), "BuildKit has sent none") {
		t.Errorf("End(true) = %v, want an error: the image was dropped without a word", err)
	}
	half := newLoading(func(ctx context.Context, _ io.Reader) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if _, err := half.Open(nil); err != nil {
		t.Fatal(err)
	}
	if err := half.End(false); err != nil {
		t.Errorf("End(false) = %v, want none: the build is to blame", err)
	}
	var absent *Loading
	if err := absent.End(true); err != nil {
		t.Errorf("End of a builder that stores by itself = %v", err)
	}
}
