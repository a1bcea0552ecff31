package registry

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// endless writes the same until the client has gone.
func endless(w io.Writer, text string) {
	block := []byte(strings.Repeat(text, 64<<10/len(text)))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// TestAnswersAreReadToABound has servers that answer without end.
func TestAnswersAreReadToABound(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	for range 64 {
		_, _ = zip.Write(make([]byte, 1<<20))
	}
	_ = zip.Close()
	cases := []struct {
		name   string
		answer http.HandlerFunc
		says   string // empty: all of it is read
	}{
		{"a manifest", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxAnswer)) }, ""},
		{"without end", func(w http.ResponseWriter, _ *http.Request) { endless(w, "x") }, "more than 4 MiB"},
		{"an error without end", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			endless(w, "x")
		}, "more than 4 MiB"},
		{"as long as it says", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000000000000")
			endless(w, "x")
		}, "more than 4 MiB"},
		{"packed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		}, "more than 4 MiB"},
		{"a million entries", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"manifests":[`+strings.Repeat("{},", 1_000_000)+`{}]}`)
		}, "more than 100000 values"},
		{"a long header", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://x/`+strings.Repeat("x", 1<<20)+`"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, "headers exceeded"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(c.answer)
			t.Cleanup(web.Close)
			read, err := get(t, web.URL)
			if c.says == "" && (err != nil || read != maxAnswer) {
				t.Errorf("read %d bytes, %v, want all", read, err)
			}
			if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("read %d bytes, %v, want an error with %q", read, err, c.says)
			}
			if read > maxAnswer+1 {
				t.Errorf("%d bytes were passed on", read)
			}
		})
	}
}

// get reads what a guard passes on.
func get(t *testing.T, url string) (int64, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&guard{host: req.URL.Host, next: newTransport()}).RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.Copy(io.Discard, resp.Body)
}

// TestAnswersThatTrickle has a server that sends a byte now and then, for ever.
func TestAnswersThatTrickle(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}))
	t.Cleanup(web.Close)
	for _, within := range []time.Duration{0, 100 * time.Millisecond} {
		resp, err := http.Get(web.URL)
		if err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		_, err = io.ReadAll(bounded(resp, "registry.test", within).Body)
		_ = resp.Body.Close()
		var much *TooMuchError
		if !errors.As(err, &much) || much.Host != "registry.test" {
			t.Errorf("reading within %s: %v, want a *TooMuchError", within, err)
		}
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("it took %s", took)
		}
	}
}

// TestClosedAnswersLeaveNothing closes answers before their time.
func TestClosedAnswersLeaveNothing(t *testing.T) {
	t.Parallel()
	resp := &http.Response{Body: io.NopCloser(strings.NewReader("{}"))}
	b := bounded(resp, "registry.test", time.Hour).Body
	if text, err := io.ReadAll(b); err != nil || string(text) != "{}" {
		t.Errorf("read %q, %v", text, err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if b.(*boundedBody).timer.Stop() {
		t.Error("the clock goes on after Close")
	}
}
