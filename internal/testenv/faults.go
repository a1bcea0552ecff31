package testenv

import (
	"cmp"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Answer is what a proxy answers by itself, or does to a request that it passes on. Delay goes with everything else;
// of Reset, ResetAfter, Lose and Truncate the first that is set counts.
type Answer struct {
	Status int // 0 means 200
	Header http.Header
	Body   string
	Reset  bool // reset the connection in place of any answer, with the request's body unread

	// Delay is waited first.
	Delay time.Duration
	// Pass passes the request on: Status, Header and Body are the target's.
	Pass bool
	// ResetAfter passes as many bytes of the request's body on, and then resets the connection. A body that ends before
	// is passed on as a whole, with its answer.
	ResetAfter int
	// Lose passes the request on, and resets the connection when the target has carried it out, without an answer.
	Lose bool
	// Truncate closes the connection after as many bytes of the answer's body; -1 leaves only its header.
	Truncate int
}

// Fault is an Answer to some requests.
type Fault struct {
	Method string // empty for every method
	Path   string // a part of the path, as it was sent
	First  int    // the first of those requests that it is for, from 1; 0 means 1
	Count  int    // how many of them it is for; 0 means all from there on
	Answer Answer
}

// Faults makes a ProxyOptions.Fault: the first of these that is for a request. To choose by the number among all
// requests, leave Method and Path empty.
func Faults(faults ...Fault) func(int, *http.Request) *Answer {
	var mu sync.Mutex
	seen := make([]int, len(faults))
	return func(_ int, r *http.Request) (chosen *Answer) {
		mu.Lock()
		defer mu.Unlock()
		for i, f := range faults {
			if f.Method != "" && f.Method != r.Method || !strings.Contains(r.URL.EscapedPath(), f.Path) {
				continue
			}
			seen[i]++
			after := seen[i] - max(f.First, 1)
			if chosen == nil && after >= 0 && (f.Count == 0 || after < f.Count) {
				chosen = &f.Answer
			}
		}
		return chosen
	}
}

func (a *Answer) serve(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	if a.Delay > 0 && !wait(r, a.Delay) {
		return
	}
	switch {
	case a.Reset:
		reset(w)
	case a.ResetAfter > 0:
		a.cutUpload(w, r, forward)
	case a.Lose:
		forward.ServeHTTP(&lostAnswer{header: http.Header{}}, r)
		reset(w)
	case a.Truncate != 0:
		if !a.Pass {
			w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		}
		a.answer(&cutAnswer{ResponseWriter: w, left: max(0, a.Truncate)}, r, forward)
		panic(http.ErrAbortHandler)
	default:
		a.answer(w, r, forward)
	}
}

func (a *Answer) answer(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	if a.Pass {
		forward.ServeHTTP(w, r)
		return
	}
	// Else a client that is still sending would see its connection break, and maybe not the answer.
	_, _ = io.Copy(io.Discard, r.Body)
	for key, values := range a.Header {
		w.Header()[http.CanonicalHeaderKey(key)] = values
	}
	w.WriteHeader(cmp.Or(a.Status, http.StatusOK))
	_, _ = io.WriteString(w, a.Body)
}

func (a *Answer) cutUpload(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	body := &cutBody{ReadCloser: r.Body, left: a.ResetAfter}
	r = r.Clone(r.Context())
	r.Body = body
	forward.ServeHTTP(&heldAnswer{ResponseWriter: w, held: &body.cut}, r)
	if body.cut.Load() {
		reset(w)
	}
}

// reset closes the connection with RST, as a crashed peer or a load balancer does.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, which ends the stream alone
	}
	below := conn
	if secure, ok := conn.(*tls.Conn); ok {
		below = secure.NetConn()
	}
	if tcp, ok := below.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = below.Close() // and not conn: TLS would say goodbye
}
