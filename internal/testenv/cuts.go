package testenv

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// errCut ends what is passed on only in part.
var errCut = errors.New("cut here by the test")

// cutBody is a request's body that breaks off.
type cutBody struct {
	io.ReadCloser
	left int
	cut  atomic.Bool
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		b.cut.Store(true)
		return 0, errCut
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// cutAnswer is an answer whose body breaks off.
type cutAnswer struct {
	http.ResponseWriter
	left int
}

func (c *cutAnswer) WriteHeader(status int) {
	c.ResponseWriter.WriteHeader(status)
	_ = http.NewResponseController(c.ResponseWriter).Flush()
}

func (c *cutAnswer) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	c.left -= n
	if err == nil && n < len(p) {
		err = errCut
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	return n, err
}

func (c *cutAnswer) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// heldAnswer is kept from the client while held is true.
type heldAnswer struct {
	http.ResponseWriter
	held *atomic.Bool
}

func (h *heldAnswer) WriteHeader(status int) {
	if !h.held.Load() {
		h.ResponseWriter.WriteHeader(status)
	}
}

func (h *heldAnswer) Write(p []byte) (int, error) {
	if h.held.Load() {
		return len(p), nil
	}
	return h.ResponseWriter.Write(p)
}

// lostAnswer is an answer that nobody gets.
type lostAnswer struct{ header http.Header }

func (l *lostAnswer) Header() http.Header         { return l.header }
func (l *lostAnswer) WriteHeader(int)             {}
func (l *lostAnswer) Write(p []byte) (int, error) { return len(p), nil }
