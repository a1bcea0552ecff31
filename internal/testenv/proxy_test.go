package testenv

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func TestProxyKeepsUploads(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{})
	base := BaseImage(t, registry.Host)
	daemon := Buildkitd(t, BuildkitdOptions{})
	for _, tt := range []struct {
		name string
		push func(t *testing.T, target string) error
	}{
		{"go-containerregistry", func(t *testing.T, target string) error { return push(t, target, "", "") }},
		{"buildkit", func(t *testing.T, target string) error {
			buildctl(t, daemon.Address, "FROM "+base.String()+"\nRUN echo proxied >/file\n", target)
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			proxy := NewProxy(t, registry.Host, ProxyOptions{})
			if err := tt.push(t, proxy.Host+"/app:v1"); err != nil {
				t.Fatal(err)
			}
			// Each upload begins with POST and ends with PUT at the address of its Location, and the manifest is a PUT.
			created := 0
			for _, r := range proxy.Requests() {
				if r.Method == http.MethodPut && r.Status == http.StatusCreated {
					created++
				}
				if r.Status == 0 || r.Status >= 500 {
					t.Errorf("request without a good answer: %+v", r)
				}
			}
			if posts := proxy.Count(http.MethodPost); posts < 2 || created != posts+1 {
				t.Errorf("%d uploads begun, %d PUTs\n%+v", posts, created, proxy.Requests())
			}
			if proxy.Count("") != len(proxy.Requests()) {
				t.Error("Count and Requests differ")
			}
		})
	}
}

func TestProxyDelays(t *testing.T) {
	t.Parallel()
	const delay = 50 * time.Millisecond
	proxy := NewProxy(t, NewRegistry(t, RegistryOptions{}).Host, ProxyOptions{Delay: delay})
	start := time.Now()
	if err := push(t, proxy.Host+"/app:v1", "", ""); err != nil {
		t.Fatal(err)
	}
	// Ping, then at least HEAD, POST, PATCH and PUT of a layer, and the manifest: one after the other.
	if took := time.Since(start); took < 6*delay {
		t.Errorf("pushed in %v with %v before each of %d answers", took, delay, proxy.Count(""))
	}
}

func TestProxyFaults(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{})
	proxy := NewProxy(t, registry.Host, ProxyOptions{Fault: func(n int, r *http.Request) *Answer {
		switch {
		case n == 1:
			return &Answer{Status: http.StatusTooManyRequests, Header: http.Header{"retry-after": {"7"}}, Body: "slower"}
		case r.URL.Path == "/reset":
			return &Answer{Reset: true}
		case strings.Contains(r.URL.Path, "/manifests/") && r.Method == http.MethodPut:
			return &Answer{Status: http.StatusForbidden}
		}
		return nil
	}})
	r, err := get(t, proxy.URL+"/v2/")
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") != "7" || string(body) != "slower" {
		t.Errorf("first answer: %v %q", r, body)
	}
	if _, err := get(t, proxy.URL+"/reset"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	wantStatus(t, "manifest", push(t, proxy.Host+"/app:v1", "", ""), http.StatusForbidden)
	_, err = remote.Head(tag(t, registry.Host+"/app:v1"))
	wantStatus(t, "refused tag", err, http.StatusNotFound)

	requests := proxy.Requests()
	if requests[0].Status != http.StatusTooManyRequests || requests[1].Path != "/reset" || requests[1].Status != 0 {
		t.Errorf("requests: %+v", requests[:2])
	}
	if r, err := get(t, proxy.URL+"/v2/"); err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("fourth answer: %v %v", r, err)
	}
	registry.Stop()
	if r, err := get(t, proxy.URL+"/v2/"); err != nil || r.StatusCode != http.StatusBadGateway {
		t.Errorf("answer without a registry: %v %v", r, err)
	}
}
