package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Failure is what is known of a request to a registry that went wrong.
type Failure struct {
	Status int         // 0 where there was no answer
	Header http.Header // of the answer; may be nil
	Text   string      // the answer's body, or what somebody else says of it
	Err    error       // why there was no answer
	Known  bool        // the host has answered before: that it takes no connection will pass
}

// RetryDecision says what to do about a Failure. The zero value is one that lasts.
type RetryDecision struct {
	Transient bool          // the same request may do better in a moment
	Fresh     bool          // only an upload that begins anew may do better
	After     time.Duration // what the registry asks to wait; 0 where it does not say
	Reason    string        // in a few words
	Host      string        // that failed; Transient leaves it to its caller
}

// TransientPush is Transient for somebody else's push to a host, of which an error's words
// are known alone. Another push begins every upload anew.
func TransientPush(host, words string, now time.Time) RetryDecision {
	v := Transient(ReadFailure(words), now)
	v.Transient = v.Transient || v.Fresh
	v.Host = host
	return v
}

// withoutAdvice is how long to wait for GitHub's secondary rate limit where the
// answer does not say it
// (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
const withoutAdvice = time.Minute

// Transient tells whether a request that went wrong is worth another attempt. Of
// refusals it is GitHub's secondary rate limit alone, which comes as a 403.
func Transient(f Failure, now time.Time) RetryDecision {
	if f.Status == 0 {
		return broken(f, now)
	}
	v := RetryDecision{After: asked(f, now), Reason: strings.TrimSpace(fmt.Sprintf("%d %s", f.Status, http.StatusText(f.Status)))}
	text := fold(f.Text)
	switch {
	case slices.Contains(overloaded, f.Status):
		// GitHub answers 503 for good to an account that has downloaded too much.
		v.Transient = !strings.Contains(text, "over the account limit")
	case f.Status == http.StatusForbidden && strings.Contains(text, secondary):
		v.Transient, v.Reason = true, v.Reason+", "+secondary
		if v.After == 0 {
			v.After = withoutAdvice
		}
	case f.Status == http.StatusNotFound:
		v.lost(text, lostUpload)
	case f.Status == http.StatusBadRequest: // to a manifest
		v.lost(text, lostBlob)
	}
	return v
}

// lost is for a registry that has lost what was sent, in one of these words.
func (v *RetryDecision) lost(text string, words []string) {
	if lost := oneOf(text, words); lost != "" {
		v.Fresh, v.Reason = true, v.Reason+", "+lost
	}
}

// overloaded is what a registry answers that has too much to do, or is being
// restarted: the gateways' codes, Cloudflare's among them, which stands before
// Docker Hub (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/).
var overloaded = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	520, 521, 522, 523, 524,
}

// secondary is GitHub's limit on too much at a time.
const secondary = "secondary rate limit"

// lostUpload is, folded, what a registry answers that has lost an upload, or has
// not yet spread a blob to all of its machines: codes and messages.
var lostUpload = []string{"blob unknown", "unknown blob", "blob upload unknown", "blob upload invalid"}

// lostBlob is of these what is said of a blob, or of a manifest that an index names.
var lostBlob = []string{"blob unknown", "unknown blob"}

// brokenWords are, folded, what Go's network code says of connections that broke.
// Only words are left of errors that come from BuildKit, and of those of HTTP/2.
var brokenWords = []string{
	"connection reset by peer", "broken pipe", "use of closed network connection", "on closed pipe", "connection timed out",
	"i/o timeout", "handshake timeout", "timeout awaiting response headers", "server closed idle connection",
	"unexpected eof", "goaway", "stream error:", "client connection lost", "client connection force closed",
	"request must be retried", "temporary failure in name resolution", "server misbehaving",
}

// busyWords are, folded, what BuildKit and Docker engines say in place of a status.
var busyWords = []string{secondary, "toomanyrequests", "too many requests", "service unavailable", "unavailable:"}

// answered is how BuildKit begins a registry's own words, in place of the status:
// with a code, which it calls unknown where it does not know it. What follows is
// not the network's.
var answered = regexp.MustCompile(`(?:^|: |\n)(?:unknown|denied|unauthorized|unsupported)(?::|\s*$)`)

// endOfFile is that word by itself: nobody answers part of one.
var endOfFile = regexp.MustCompile(`\bEOF\b`)

// quoted is the address of a request in Go's errors, which may hold any word.
var quoted = regexp.MustCompile(`"[^"]*"`)

// broken judges a request without an answer.
func broken(f Failure, now time.Time) RetryDecision {
	if f.Err == nil || errors.Is(f.Err, context.Canceled) {
		return RetryDecision{}
	}
	words := quoted.ReplaceAllString(f.Err.Error(), "")
	text := fold(words)
	v := RetryDecision{After: asked(f, now)}
	if far := (*UnreachableError)(nil); errors.As(f.Err, &far) {
		v.Transient, v.Reason = f.Known, "it cannot be reached"
		return v
	}
	if v.Reason = oneOf(text, lostUpload); v.Reason != "" {
		v.Fresh = true
		return v
	}
	v.Reason = whyBroken(f, words, text)
	if v.Transient = v.Reason != ""; v.Reason == secondary && v.After == 0 {
		v.After = withoutAdvice
	}
	return v
}

// whyBroken says what will pass, or nothing where it lasts.
func whyBroken(f Failure, words, text string) string {
	if busy := oneOf(text, busyWords); busy != "" {
		return busy
	}
	broke := oneOf(text, brokenWords)
	switch {
	case answered.MatchString(words):
		return ""
	case broke != "":
		return broke
	case endOfFile.MatchString(words):
		return "EOF"
	case isBroken(f.Err):
		return "the connection broke"
	case f.Known && strings.Contains(text, "connection refused"):
		return "connection refused"
	}
	return ""
}

// isBroken tells it by the errors themselves, whatever they say.
func isBroken(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout() ||
		slices.ContainsFunc(brokenErrors, func(one error) bool { return errors.Is(err, one) })
}

var brokenErrors = []error{
	io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE,
}

// oneOf returns the first of these words that a text holds, or "".
func oneOf(text string, words []string) string {
	if i := slices.IndexFunc(words, func(one string) bool { return strings.Contains(text, one) }); i >= 0 {
		return words[i]
	}
	return ""
}

// fold makes one of BLOB_UPLOAD_UNKNOWN and "blob upload unknown".
func fold(text string) string {
	return strings.ToLower(strings.ReplaceAll(text, "_", " "))
}
