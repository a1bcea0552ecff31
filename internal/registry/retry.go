package registry

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// maxRefusal is how much is read of an answer that refuses, in bytes: as much as
// go-containerregistry takes.
const maxRefusal = 64 << 10

// retry is a transport that sends a request again that went wrong transiently. It
// is beneath the one that logs in, which sends a request again that wants another
// token.
type retry struct {
	next        http.RoundTripper
	retryPolicy RetryPolicy
	known       *sync.Map // hosts, with their ports, that have answered
}

type onceKey struct{}

// Once marks requests that are not worth waiting for: they are tried once.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

// RoundTrip returns the first answer that is none that is transient.
func (t *retry) RoundTrip(req *http.Request) (*http.Response, error) {
	if !repeatable(req) {
		return t.next.RoundTrip(req)
	}
	var resp *http.Response
	err := t.retryPolicy.Again(req.Context(), func() (RetryDecision, error) {
		var decision RetryDecision
		var err error
		resp, decision, err = t.try(req) //nolint:bodyclose // it is the caller's
		decision.Host = req.URL.Host
		return decision, err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// repeatable tells whether a request may be sent again: it has its body ready, or
// none. A DELETE only tidies up, and nothing depends on it.
func repeatable(req *http.Request) bool {
	body := req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
	return body && req.Method != http.MethodDelete && req.Context().Value(onceKey{}) == nil
}

// try sends a request. An answer that is transient becomes an error. Any other is
// returned, with its body as it was.
func (t *retry) try(req *http.Request) (*http.Response, RetryDecision, error) {
	_, known := t.known.Load(req.URL.Host)
	ctx, over := listen(req.Context())
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err == nil {
		t.known.Store(req.URL.Host, true)
		err = readAhead(resp)
	}
	over(err == nil)
	now := time.Now() //nolint:forbidigo // a registry says until when to wait by the clock
	if err != nil {
		return nil, Transient(Failure{Err: err, Known: known}, now), err
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, RetryDecision{}, nil
	}
	decision := Transient(Failure{Status: resp.StatusCode, Header: resp.Header, Text: body(resp)}, now)
	if decision.Fresh && req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/manifests/") {
		decision.Transient = true // a manifest is put in one request: another one is the fresh start
	}
	if !decision.Transient {
		return resp, decision, nil
	}
	err = transport.CheckError(resp)
	_ = resp.Body.Close() // it has been read
	return nil, decision, err
}

// readAhead reads the body of an answer, so that one that is cut off is asked for
// again, or of a refusal the part that is of use. The guard bounds both.
func readAhead(resp *http.Response) error {
	var whole io.Reader = resp.Body
	if resp.StatusCode >= http.StatusBadRequest {
		whole = io.LimitReader(resp.Body, maxRefusal)
	}
	start, err := io.ReadAll(whole)
	if err != nil {
		_ = resp.Body.Close()
		return err
	}
	resp.Body = &readOn{Reader: bytes.NewReader(start), Closer: resp.Body, start: start}
	return nil
}

// readOn is a body whose start has been read.
type readOn struct {
	io.Reader
	io.Closer
	start []byte
}

// body returns what readAhead has read of a refusal.
func body(resp *http.Response) string {
	if read, ok := resp.Body.(*readOn); ok {
		return string(read.start)
	}
	return ""
}
