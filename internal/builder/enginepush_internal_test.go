package builder

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// An engine tells that a registry is busy, and not for how long.
func TestJudgeAsksHowLongToWait(t *testing.T) {
	t.Parallel()
	proxy := testenv.NewProxy(t, "127.0.0.1:1", testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.URL.Path == "/v2/" {
			return &testenv.Answer{}
		}
		return &testenv.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7"}}}
	}})
	tag, err := name.NewTag(proxy.Host + "/team/app:1")
	if err != nil {
		t.Fatal(err)
	}
	client := registry.NewClient(registry.Credentials{}, registry.Situation{})
	for _, c := range []struct {
		err       error
		transient bool
		after     time.Duration
	}{
		{&dockerengine.PushError{Words: "toomanyrequests: slow down"}, true, 7 * time.Second},
		{&dockerengine.PushError{Words: "received unexpected HTTP status: 503 Service Unavailable"}, true, 7 * time.Second},
		{&dockerengine.PushError{Words: "toomanyrequests: retry-after: 2s, allowed: 2000/minute"}, true, 2 * time.Second},
		{&dockerengine.PushError{Words: "write: connection reset by peer"}, true, 0},
		{&dockerengine.PushError{Words: "denied: requested access to the resource is denied"}, false, 0},
		{errors.New("the engine has gone"), false, 0},
	} {
		if v := judge(t.Context(), tag, c.err, client); v.Transient != c.transient || v.After != c.after {
			t.Errorf("judge(%v) = %+v, want it to pass: %t, after %s", c.err, v, c.transient, c.after)
		}
	}
}
