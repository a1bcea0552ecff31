package publish_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestPushedImageThatIsKnownLate has a registry not know an image by the digest that
// it was pushed by, for a moment and for good.
func TestPushedImageThatIsKnownLate(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	amd64 := v1.Platform{OS: "linux", Architecture: "amd64"}
	readers := map[string]func(*publish.Publisher, name.Repository, v1.Hash) error{
		"moving a tag": func(p *publish.Publisher, repo name.Repository, digest v1.Hash) error {
			_, err := p.Tag(t.Context(), digest, nil, tagsOf(repo, "latest"))
			return err
		},
		"finding it": func(p *publish.Publisher, repo name.Repository, digest v1.Hash) error {
			_, err := p.Find(t.Context(), repo, digest)
			return err
		},
		"joining it": func(p *publish.Publisher, repo name.Repository, digest v1.Hash) error {
			_, err := p.Assemble(t.Context(), []name.Repository{repo}, []v1.Platform{amd64}, nil, []image.Part{{Platforms: []v1.Platform{amd64}, Digest: digest}})
			return err
		},
		"reading a tag back": func(p *publish.Publisher, repo name.Repository, digest v1.Hash) error {
			_, err := p.ReadBack(t.Context(), tagsOf(repo, "pushed"), digest)
			return err
		},
	}
	for reader, read := range readers {
		for late, found := range map[int32]bool{1: true, 3: true, 100: false} {
			t.Run(fmt.Sprintf("%s after %d", reader, late), func(t *testing.T) {
				t.Parallel()
				path := fmt.Sprintf("/%s%d", strings.ReplaceAll(reader, " ", "-"), late)
				pushed := newRepository(t, upstream.Host+path)
				digest := pushByDigest(t, pushed)
				if _, err := newPublisher(t, upstream.Host, "", "").Tag(t.Context(), digest, tagsOf(pushed, "pushed"), nil); err != nil {
					t.Fatal(err)
				}
				var gets atomic.Int32
				proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
					if (isManifest(r, http.MethodGet, digest.String()) || isManifest(r, http.MethodGet, "pushed")) && gets.Add(1) <= late {
						return &testenv.Answer{Status: http.StatusNotFound, Body: says("MANIFEST_UNKNOWN", "manifest unknown")}
					}
					return nil
				}})
				publisher, waits := watched(t, nil)
				err := read(publisher, newRepository(t, proxy.Host+path), digest)
				if (err == nil) != found || gets.Load() != min(late+1, 4) {
					t.Errorf("%v after asking %d times, want success = %t after %d", err, gets.Load(), found, min(late+1, 4))
				}
				if log := strings.Join(waits(), "\n"); !strings.Contains(log, "; trying again in") || !strings.Contains(log, " not ") {
					t.Errorf("the log says %q", log)
				}
				if err != nil && (!strings.Contains(err.Error(), "after 4 attempts: ") || !strings.Contains(err.Error(), "does not have this image")) {
					t.Errorf("the error is %q", err)
				}
			})
		}
	}
}

// TestHeadOfNoUse has registries and proxies answer HEAD in ways that a client cannot
// use: GET tells where a tag is.
func TestHeadOfNoUse(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	manifest := "application/vnd.oci.image.manifest.v1+json"
	answers := map[string]testenv.Answer{
		"no digest":       {Header: http.Header{"Content-Type": {manifest}, "Content-Length": {"2"}}},
		"no digest, type": {Header: http.Header{"Content-Length": {"2"}}},
		"a bad digest":    {Header: http.Header{"Content-Type": {manifest}, "Content-Length": {"2"}, "Docker-Content-Digest": {"none"}}},
		"not allowed":     {Status: http.StatusMethodNotAllowed},
		"not implemented": {Status: http.StatusNotImplemented},
		"forbidden":       {Status: http.StatusForbidden},
	}
	for kind, answer := range answers {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			path := "/" + strings.NewReplacer(" ", "-", ",", "").Replace(kind)
			digest := pushByDigest(t, newRepository(t, upstream.Host+path))
			var heads atomic.Int32
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if !isManifest(r, http.MethodHead, "latest") {
					return nil
				}
				heads.Add(1)
				copied := answer
				return &copied
			}})
			publisher, _ := watched(t, nil)
			tags := tagsOf(newRepository(t, proxy.Host+path), "latest")
			if _, err := publisher.Tag(t.Context(), digest, nil, tags); err != nil || heads.Load() != 1 {
				t.Fatalf("Tag = %v after %d HEAD, want it to ask by GET", err, heads.Load())
			}
			publisher.LookAhead(t.Context(), digest, tags)
			if !publisher.There(t.Context(), digest, tags) {
				t.Error("LookAhead does not see that the tag is there")
			}
		})
	}
}
