package publish_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/testenv"
)

// otherDigest is no image of these tests.
const otherDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// tagError returns err's *publish.TagError, and checks that its message names
// every tag.
func tagError(t *testing.T, err error) *publish.TagError {
	t.Helper()
	var broken *publish.TagError
	if !errors.As(err, &broken) {
		t.Fatalf("Tag = %v, want a *TagError", err)
	}
	_, lists, _ := strings.Cut(err.Error(), "\nmoved: ")
	moved, still, found := strings.Cut(lists, "\nnot moved, or not confirmed: ")
	if !found {
		t.Errorf("%q does not say what moved and what did not", err)
	}
	for _, tag := range broken.Moved {
		if !strings.Contains(moved, tag.Name()) {
			t.Errorf("%q does not say that %s moved", err, tag)
		}
	}
	for _, tag := range broken.Still {
		if !strings.Contains(still, tag.Name()) {
			t.Errorf("%q does not say that %s did not move", err, tag)
		}
	}
	return broken
}

func TestTagErrorSaysWhatMoved(t *testing.T) {
	t.Parallel()
	refuse := func(method, tag string, a testenv.Answer) func(int, *http.Request) *testenv.Answer {
		return func(_ int, r *http.Request) *testenv.Answer {
			if !isManifest(r, method, tag) {
				return nil
			}
			answer := a
			return &answer
		}
	}
	lie := testenv.Answer{Header: http.Header{
		"Docker-Content-Digest": {otherDigest}, "Content-Type": {"application/vnd.oci.image.manifest.v1+json"}, "Content-Length": {"2"},
	}}
	cases := []struct {
		name         string
		fault        func(int, *http.Request) *testenv.Answer
		moved, still string
		unput        []string // tags that were not even tried
		says         string
	}{
		{
			name:  "a version is refused",
			fault: refuse(http.MethodPut, "1.2.3", testenv.Answer{Status: http.StatusForbidden}),
			moved: "1.2.3-alpine", still: "1.2 1.2.3 latest", unput: []string{"1.2", "latest"},
			says: "although it lets an upload to",
		},
		{
			name:  "a version is immutable",
			fault: refuse(http.MethodPut, "1.2.3", testenv.Answer{Status: http.StatusConflict, Body: `{"errors":[{"code":"DENIED","message":"tag is immutable"}]}`}),
			moved: "1.2.3-alpine", still: "1.2 1.2.3 latest", unput: []string{"1.2", "latest"},
			says: "tag is immutable",
		},
		{
			name:  "a floating tag is refused",
			fault: refuse(http.MethodPut, "1.2", testenv.Answer{Status: http.StatusForbidden}),
			moved: "1.2.3 1.2.3-alpine latest", still: "1.2",
			says: "although it lets an upload to",
		},
		{
			name:  "a version answers another digest",
			fault: refuse(http.MethodHead, "1.2.3", lie),
			moved: "1.2.3-alpine", still: "1.2 1.2.3 latest", unput: []string{"1.2", "latest"},
			says: "the registry answers " + otherDigest,
		},
		{
			name:  "a floating tag answers another digest",
			fault: refuse(http.MethodHead, "latest", lie),
			moved: "1.2 1.2.3 1.2.3-alpine", still: "latest",
			says: "another run may have moved it",
		},
		{
			name:  "a tag is not there when it is read back",
			fault: refuse(http.MethodHead, "latest", testenv.Answer{Status: http.StatusNotFound}),
			moved: "1.2 1.2.3 1.2.3-alpine", still: "latest",
			says: "reading the tag",
		},
	}
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: c.fault})
			repo := newRepository(t, proxy.Host+"/"+strings.ReplaceAll(c.name, " ", "-"))
			digest := pushByDigest(t, repo)
			image, err := newPublisher(t, proxy.Host, "", "").
				Tag(t.Context(), digest, tagsOf(repo, "1.2.3", "1.2.3-alpine"), tagsOf(repo, "1.2", "latest"))
			broken := tagError(t, err)
			if image.Digest != (v1.Hash{}) {
				t.Errorf("Tag returns the image %v besides the error", image)
			}
			if names(broken.Moved) != c.moved || names(broken.Still) != c.still {
				t.Errorf("moved %q, not moved %q, want %q and %q", names(broken.Moved), names(broken.Still), c.moved, c.still)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("Tag = %q, want it to say %q", err, c.says)
			}
			for _, tag := range broken.Moved {
				if got := held(t, tag); got != digest.String() {
					t.Errorf("the registry answers %q for %s, which is said to have moved", got, tag)
				}
			}
			for _, tag := range c.unput {
				if got := held(t, newRepository(t, upstream.Host+"/"+repo.RepositoryStr()).Tag(tag)); got != "" {
					t.Errorf("the floating tag %s was moved to %s before the versions", tag, got)
				}
			}
		})
	}
}

// TestTagErrorKeepsTheOrderOfTheTags lets the first tag take longest.
func TestTagErrorKeepsTheOrderOfTheTags(t *testing.T) {
	t.Parallel()
	others := make(chan struct{})
	proxy := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{
		Fault: func(_ int, r *http.Request) *testenv.Answer {
			switch {
			case isManifest(r, http.MethodPut, "3.0.0"):
				<-others
				time.Sleep(100 * time.Millisecond) // until the answer to the others' last request is read
			case isManifest(r, http.MethodHead, "1.0.0"):
				close(others)
			case isManifest(r, http.MethodPut, "latest"):
				return &testenv.Answer{Status: http.StatusForbidden}
			}
			return nil
		},
	})
	repo := newRepository(t, proxy.Host+"/app")
	_, err := newPublisher(t, proxy.Host, "", "").
		Tag(t.Context(), pushByDigest(t, repo), tagsOf(repo, "3.0.0", "1.0.0"), tagsOf(repo, "latest"))
	broken := tagError(t, err)
	if !slices.Equal(broken.Moved, tagsOf(repo, "3.0.0", "1.0.0")) {
		t.Errorf("moved %v, want them in the order in which they were asked for: 3.0.0, 1.0.0", broken.Moved)
	}
}

// TestTagEndsWithItsContext cancels while the first floating tag is on its way.
func TestTagEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	proxy := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{
		Fault: func(_ int, r *http.Request) *testenv.Answer {
			if isManifest(r, http.MethodPut, "latest") {
				cancel()
				<-r.Context().Done() // the client has gone
				return &testenv.Answer{Reset: true}
			}
			return nil
		},
	})
	repo := newRepository(t, proxy.Host+"/app")
	image, err := random.Image(1024, 1)
	if err != nil {
		t.Fatal(err)
	}
	digest := pushImage(t, repo, image)
	start := time.Now()
	_, err = newPublisher(t, proxy.Host, "", "").Tag(ctx, digest, tagsOf(repo, "1.2.3"), tagsOf(repo, "latest"))
	broken := tagError(t, err)
	if !errors.Is(err, context.Canceled) || names(broken.Moved) != "1.2.3" || names(broken.Still) != "latest" {
		t.Errorf("Tag = %q, want that it was cancelled after 1.2.3", err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("Tag took %v to end", took)
	}
}
