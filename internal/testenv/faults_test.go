package testenv

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAnswers sends an upload of 64 KiB through a proxy to a server that answers 128 KiB.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const sent, answered = 64 << 10, 128 << 10
	for name, tt := range map[string]struct {
		answer   Answer
		err      error // of the request or of reading its answer
		status   int   // that the client sees, or 0 for none
		read     int   // bytes of the answer that the client got
		received int   // bytes that the server has, or -1 when it was not asked; at most that after ResetAfter
	}{
		"pass":            {Answer{Pass: true}, nil, 202, answered, sent},
		"own":             {Answer{Status: 403, Body: "no"}, nil, 403, 2, -1},
		"reset":           {Answer{Reset: true}, syscall.ECONNRESET, 0, 0, -1},
		"reset after":     {Answer{ResetAfter: 20000}, syscall.ECONNRESET, 0, 0, 20000},
		"reset too late":  {Answer{ResetAfter: sent + 1}, nil, 202, answered, sent},
		"lose":            {Answer{Lose: true}, syscall.ECONNRESET, 0, 0, sent},
		"truncate":        {Answer{Pass: true, Truncate: 70000}, io.ErrUnexpectedEOF, 202, 70000, sent},
		"truncate all":    {Answer{Pass: true, Truncate: -1}, io.ErrUnexpectedEOF, 202, 0, sent},
		"truncate own":    {Answer{Body: "whole", Truncate: 3}, io.ErrUnexpectedEOF, 200, 3, -1},
		"delay":           {Answer{Pass: true, Delay: 300 * time.Millisecond}, nil, 202, answered, sent},
		"delay and reset": {Answer{Reset: true, Delay: 300 * time.Millisecond}, syscall.ECONNRESET, 0, 0, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			received := make(chan int, 1)
			target := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n, _ := io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusAccepted)
				_, _ = io.WriteString(w, strings.Repeat("a", answered))
				received <- int(n)
			}), nil)
			proxy := NewProxy(t, target, ProxyOptions{Fault: Faults(Fault{Answer: tt.answer})})
			started := time.Now()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, proxy.URL+"/upload", strings.NewReader(strings.Repeat("x", sent)))
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{}
			t.Cleanup(transport.CloseIdleConnections)
			status, read := 0, 0
			response, err := transport.RoundTrip(request)
			if err == nil {
				var body []byte
				body, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
				status, read = response.StatusCode, len(body)
			}
			// A client that is still writing may learn of the reset there, or find its connection closed by the one that reads.
			if broken := errors.Is(tt.err, syscall.ECONNRESET) && (errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)); !errors.Is(err, tt.err) && !broken {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if status != tt.status || read != tt.read {
				t.Errorf("status %d and %d bytes, want %d and %d", status, read, tt.status, tt.read)
			}
			if got := proxy.Requests()[0].Status; got != tt.status {
				t.Errorf("recorded status %d, want %d", got, tt.status)
			}
			if took := time.Since(started); took < tt.answer.Delay {
				t.Errorf("took %v with a delay of %v", took, tt.answer.Delay)
			}
			checkReceived(t, received, tt.received, tt.answer.ResetAfter > 0)
		})
	}
}

// checkReceived wants n bytes to have arrived, or with atMost some of them, or no request for -1.
func checkReceived(t *testing.T, received chan int, n int, atMost bool) {
	t.Helper()
	if n < 0 {
		select {
		case got := <-received:
			t.Errorf("the server has got %d bytes, want no request", got)
		case <-time.After(50 * time.Millisecond):
		}
		return
	}
	select {
	case got := <-received:
		if got > n || got == 0 || got < n && !atMost {
			t.Errorf("the server has got %d bytes, want %d", got, n)
		}
	case <-time.After(5 * time.Second):
		t.Error("the server was not asked")
	}
}

// TestFaults chooses requests by number, method and path.
func TestFaults(t *testing.T) {
	t.Parallel()
	target := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), nil)
	proxy := NewProxy(t, target, ProxyOptions{Fault: Faults(
		Fault{Path: "/manifests/", First: 2, Count: 2, Answer: Answer{Status: 503}},
		Fault{Method: http.MethodGet, Path: "a%2Fb", Answer: Answer{Status: 404}},
		Fault{First: 7, Count: 1, Answer: Answer{Status: 429}},
		Fault{Path: "/manifests/", First: 5, Answer: Answer{Status: 500}},
	)})
	var got []int
	for _, path := range []string{"/manifests/1", "/manifests/2", "/a%2Fb", "/a/b", "/manifests/3", "/manifests/4", "/seventh", "/manifests/5", "/manifests/6"} {
		r, err := get(t, proxy.URL+path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.StatusCode)
	}
	if want := []int{200, 503, 404, 200, 503, 200, 429, 500, 500}; !slices.Equal(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	if path := proxy.Requests()[2].Path; path != "/a%2Fb" {
		t.Errorf("recorded path %s", path)
	}
}
