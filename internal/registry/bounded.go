package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// What is taken of a registry's answer, whatever it sends. Answers to this process
// are documents: layers go from BuildKit to the registry without it.
const (
	// maxAnswer is in bytes, after decompression. Registries need not take larger
	// manifests (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests).
	maxAnswer = 4 << 20
	// maxValues is how many commas, and with them values, a document may have:
	// three bytes of an index become two hundred in memory.
	maxValues = 100_000
	// maxHeader is in bytes. Those with the address of a signed download have four
	// thousand.
	maxHeader = 32 << 10
	// answerWithin is how long an answer may take from the end of its header.
	answerWithin = 30 * time.Second
)

// TooMuchError says that a host's answer was not read to its end.
type TooMuchError struct {
	Host string
	what string
}

func (e *TooMuchError) Error() string {
	return fmt.Sprintf("%s answers with %s, and the rest was not read: the registry is broken or malicious", e.Host, e.what)
}

// bounded returns an answer whose body ends with a *TooMuchError where it goes on
// for too long.
func bounded(resp *http.Response, host string, within time.Duration) *http.Response {
	if resp.Body == nil || resp.Body == http.NoBody {
		return resp
	}
	b := &boundedBody{ReadCloser: resp.Body, host: host}
	b.timer = time.AfterFunc(within, func() {
		b.late.Store(true)
		_ = b.ReadCloser.Close() // ends a Read that waits
	})
	resp.Body = b
	return resp
}

type boundedBody struct {
	io.ReadCloser
	host          string
	bytes, values int // read so far
	late          atomic.Bool
	timer         *time.Timer
	err           error // *TooMuchError, which stays
}

// Read passes on what is within the bounds.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	b.bytes += n
	b.values += bytes.Count(p[:n], []byte(","))
	switch {
	case b.bytes > maxAnswer:
		b.err = &TooMuchError{Host: b.host, what: fmt.Sprintf("more than %d MiB", maxAnswer>>20)}
	case b.values > maxValues:
		b.err = &TooMuchError{Host: b.host, what: fmt.Sprintf("a list of more than %d values", maxValues)}
	case b.late.Load() && !errors.Is(err, io.EOF):
		b.err = &TooMuchError{Host: b.host, what: "a document that does not come to its end"}
	default:
		return n, err
	}
	return 0, b.err
}

// Close stops the clock, too.
func (b *boundedBody) Close() error {
	b.timer.Stop()
	return b.ReadCloser.Close()
}
