package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTransient(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	after := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	answer := func(code, message string) string {
		return fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, code, message)
	}
	far := &UnreachableError{Host: "ghcr.io", cause: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	cases := []struct {
		name             string
		failure          Failure
		transient, fresh bool
		after            time.Duration
	}{
		{"nothing", Failure{}, false, false, 0},
		{"429", Failure{Status: 429}, true, false, 0},
		{"429 with seconds", Failure{Status: 429, Header: after("2")}, true, false, 2 * time.Second},
		{"429 with a date", Failure{Status: 429, Header: after("Sun, 01 Mar 2026 12:00:07 GMT")}, true, false, 7 * time.Second},
		{"429 with a date that is over", Failure{Status: 429, Header: after("Sun, 01 Mar 2026 11:00:00 GMT")}, true, false, 0},
		{"429 with a negative number", Failure{Status: 429, Header: after("-5")}, true, false, 0},
		{"429 with a number beyond all", Failure{Status: 429, Header: after("99999999999999999999")}, true, false, 0},
		{"429 with words", Failure{Status: 429, Header: after("soon")}, true, false, 0},
		{"429 as GitHub says it", Failure{Status: 429, Text: answer("TOOMANYREQUESTS", "retry-after: 10.305464ms, allowed: 2000/minute")}, true, false, 10305464 * time.Nanosecond},
		{"429 as GitHub says it, in minutes", Failure{Status: 429, Text: "retry-after: 1m2.5s."}, true, false, 62500 * time.Millisecond},
		{"408", Failure{Status: 408}, true, false, 0},
		{"500", Failure{Status: 500}, true, false, 0},
		{"501", Failure{Status: 501}, false, false, 0},
		{"502", Failure{Status: 502}, true, false, 0},
		{"503", Failure{Status: 503, Header: after("30")}, true, false, 30 * time.Second},
		{"503 for good", Failure{Status: 503, Text: "Egress is over the account limit"}, false, false, 0},
		{"504", Failure{Status: 504}, true, false, 0},
		{"505", Failure{Status: 505}, false, false, 0},
		{"507", Failure{Status: 507}, false, false, 0},
		{"522", Failure{Status: 522}, true, false, 0},
		{"400", Failure{Status: 400, Text: answer("MANIFEST_INVALID", "manifest invalid")}, false, false, 0},
		{"400 of a tag named as if it were busy", Failure{Status: 400, Text: answer("TAG_INVALID", "toomanyrequests")}, false, false, 0},
		{"401", Failure{Status: 401, Text: answer("UNAUTHORIZED", "unauthenticated")}, false, false, 0},
		{"403", Failure{Status: 403, Text: answer("DENIED", "permission_denied: write_package")}, false, false, 0},
		{"403 with a header", Failure{Status: 403, Header: after("2")}, false, false, 2 * time.Second},
		{"403 secondary rate limit", Failure{Status: 403, Text: answer("DENIED", "You have exceeded a secondary rate limit.")}, true, false, time.Minute},
		{"403 secondary rate limit with a header", Failure{Status: 403, Text: "<p>You have exceeded a secondary rate limit", Header: after("3")}, true, false, 3 * time.Second},
		{"404", Failure{Status: 404, Text: answer("MANIFEST_UNKNOWN", "manifest unknown")}, false, false, 0},
		{"404 of a repository", Failure{Status: 404, Text: answer("NAME_UNKNOWN", "repository name not known")}, false, false, 0},
		{"404 BLOB_UNKNOWN", Failure{Status: 404, Text: answer("BLOB_UNKNOWN", "blob unknown to registry")}, false, true, 0},
		{"404 BLOB_UPLOAD_UNKNOWN", Failure{Status: 404, Text: answer("BLOB_UPLOAD_UNKNOWN", "gone")}, false, true, 0},
		{"404 BLOB_UPLOAD_INVALID", Failure{Status: 404, Text: answer("BLOB_UPLOAD_INVALID", "gone")}, false, true, 0},
		{"405", Failure{Status: 405, Text: answer("UNSUPPORTED", "unsupported")}, false, false, 0},
		{"409", Failure{Status: 409}, false, false, 0},
		{"reset", Failure{Err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}, true, false, 0},
		{"broken pipe", Failure{Err: &net.OpError{Op: "write", Err: syscall.EPIPE}}, true, false, 0},
		{"EOF", Failure{Err: &url.Error{Op: "Put", URL: "https://ghcr.io/v2/a", Err: io.EOF}}, true, false, 0},
		{"EOF as a tag", Failure{Err: &url.Error{Op: "Put", URL: "https://ghcr.io/v2/a/manifests/EOF", Err: errors.New("x509: unknown")}}, false, false, 0},
		{"an answer that is cut off", Failure{Err: io.ErrUnexpectedEOF}, true, false, 0},
		{"closed", Failure{Err: &net.OpError{Op: "read", Err: net.ErrClosed}}, true, false, 0},
		{"a timeout", Failure{Err: &net.OpError{Op: "read", Err: context.DeadlineExceeded}}, true, false, 0},
		{"HTTP/2 that ends", Failure{Err: errors.New("http2: server sent GOAWAY and closed the connection")}, true, false, 0},
		{"cancelled", Failure{Err: fmt.Errorf("asking: %w", context.Canceled)}, false, false, 0},
		{"a certificate", Failure{Err: errors.New("tls: failed to verify certificate: x509: certificate signed by unknown authority")}, false, false, 0},
		{"never reached", Failure{Err: far}, false, false, 0},
		{"reached before", Failure{Err: far, Known: true}, true, false, 0},
		{"a proxy that is not there", Failure{Err: errors.New("proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused")}, false, false, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Transient(c.failure, now)
			if got.Transient != c.transient || got.Fresh != c.fresh || got.After != c.after {
				t.Errorf("Transient(%+v) = %+v, want transient = %t, fresh = %t, after %s", c.failure, got, c.transient, c.fresh, c.after)
			}
			if (got.Transient || got.Fresh) && got.Reason == "" {
				t.Errorf("Transient(%+v) gives no reason", c.failure)
			}
		})
	}
}

// TestReadFailure reads what BuildKit and Docker engines say of a push. The
// texts are theirs.
func TestReadFailure(t *testing.T) {
	t.Parallel()
	unexpected := func(status string) string {
		return "failed to solve: failed to push ghcr.io/o/app: unexpected status from PUT request to https://ghcr.io/v2/o/app/blobs/uploads/u?digest=sha256:0: " + status
	}
	cases := []struct {
		text             string
		transient, fresh bool
		after            time.Duration
		reason           string
	}{
		{unexpected("429 Too Many Requests"), true, false, 0, "429 Too Many Requests"},
		{unexpected("429 Too Many Requests") + "\ntoomanyrequests: retry-after: 10.305464ms, allowed: 2000/minute", true, false, 10305464 * time.Nanosecond, "429"},
		{unexpected("503 Service Unavailable"), true, false, 0, "503 Service Unavailable"},
		{unexpected("404 Not Found") + "\nblob upload unknown", false, true, 0, "404 Not Found, blob upload unknown"},
		{unexpected("404 Not Found") + "\nBLOB_UPLOAD_INVALID: blob upload invalid", false, true, 0, "404"},
		{unexpected("404 Not Found"), false, false, 0, "404 Not Found"},
		{unexpected("400 Bad Request") + "\nmanifest invalid: EOF", false, false, 0, "400 Bad Request"},
		{unexpected("401 Unauthorized"), false, false, 0, "401"},
		{unexpected("403 Forbidden") + "\ndenied: permission_denied: write_package", false, false, 0, "403"},
		{unexpected("403 Forbidden") + "\ndenied: You have exceeded a secondary rate limit", true, false, time.Minute, "secondary rate limit"},
		{"failed to push ghcr.io/o/app: failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://ghcr.io/token: 502 Bad Gateway", true, false, 0, "502"},
		{"failed to push ghcr.io/o/app: failed to do request: Put \"https://ghcr.io/v2/o/app/blobs/uploads/u\": EOF", true, false, 0, "EOF"},
		{"failed to push ghcr.io/o/app:EOF: failed to do request: Put \"https://ghcr.io/v2/o/app/manifests/EOF\": x509: certificate has expired", false, false, 0, ""},
		{"failed to push localhost:5000/app: failed to copy: failed to do request: Put \"http://localhost:5000/v2/app/blobs/uploads/u\": write tcp 127.0.0.1:5->127.0.0.1:6: write: connection reset by peer", true, false, 0, "connection reset by peer"},
		{"failed to push localhost:5000/app: failed to do request: Head \"http://localhost:5000/v2/app\": dial tcp 127.0.0.1:5000: connect: connection refused", true, false, 0, "connection refused"},
		{"failed to push ghrc.io/app: failed to do request: Head \"https://ghrc.io/v2/app\": dial tcp: lookup ghrc.io: no such host", false, false, 0, ""},
		{"failed to push ghcr.io/o/app: failed to copy: io: read/write on closed pipe", true, false, 0, "closed pipe"},
		{"failed to push ghcr.io/o/app: failed to do request: Put \"https://ghcr.io\": cannot reuse body, request must be retried", true, false, 0, "request must be retried"},
		{"failed to push ghcr.io/o/app: push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", false, false, 0, ""},
		{"failed to push ghcr.io/o/app: toomanyrequests: retry-after: 10.305464ms, allowed: 2000/minute", true, false, 10305464 * time.Nanosecond, "toomanyrequests"},
		{"failed to push ghcr.io/o/app: denied: You have exceeded a secondary rate limit", true, false, time.Minute, "secondary rate limit"},
		{"failed to push ghcr.io/o/app: unknown: blob unknown to registry", false, true, 0, "blob unknown"},
		{"failed to push ghcr.io/o/app: unavailable: try later", true, false, 0, "unavailable"},
		{"failed to push ghcr.io/o/app: unknown: unexpected EOF", false, false, 0, ""},
		{"failed to push ghcr.io/o/app: unknown", false, false, 0, ""},
		{"received unexpected HTTP status: 503 Service Unavailable", true, false, 0, "503"},
		{"error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: \"<p>secondary rate limit</p>\"", true, false, time.Minute, "403"},
		{"error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: \"<p>no</p>\"", false, false, 0, "403"},
		{"toomanyrequests: retry-after: 3s, allowed: 2000/minute", true, false, 3 * time.Second, "toomanyrequests"},
		{"blob upload unknown", false, true, 0, "blob upload unknown"},
		{"denied: requested access to the resource is denied", false, false, 0, ""},
		{"unauthorized: authentication required", false, false, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got := Transient(ReadFailure(c.text), time.Now())
			if got.Transient != c.transient || got.Fresh != c.fresh || got.After != c.after || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("%+v, want transient = %t, fresh = %t, after %s, reason %q", got, c.transient, c.fresh, c.after, c.reason)
			}
		})
	}
}
