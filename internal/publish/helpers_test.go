package publish_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

func newRepository(t *testing.T, written string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(written)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// newPublisher logs in to the host with these words; anonymously without them.
func newPublisher(t *testing.T, host, user, password string) *publish.Publisher {
	t.Helper()
	reg, err := name.NewRegistry(host)
	if err != nil {
		t.Fatal(err)
	}
	client := registry.NewClient(registry.Credentials{}.With(reg, user, password), registry.Situation{})
	client.RetryPolicy.First = 20 * time.Millisecond
	return publish.New(t.Context(), client)
}

func tagsOf(repo name.Repository, names ...string) []name.Tag {
	var all []name.Tag
	for _, tag := range names {
		all = append(all, repo.Tag(tag))
	}
	return all
}

// pushByDigest pushes a new image without a tag, as BuildKit does.
func pushByDigest(t *testing.T, repo name.Repository, options ...remote.Option) v1.Hash {
	t.Helper()
	image, err := random.Image(1024, 2)
	if err != nil {
		t.Fatal(err)
	}
	return pushImage(t, repo, image, options...)
}

func pushImage(t *testing.T, repo name.Repository, image v1.Image, options ...remote.Option) v1.Hash {
	t.Helper()
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(repo.Digest(digest.String()), image, options...); err != nil {
		t.Fatal(err)
	}
	return digest
}

// held returns the digest that a registry answers for a tag, or "".
func held(t *testing.T, tag name.Tag, options ...remote.Option) string {
	t.Helper()
	head, err := remote.Head(tag, options...)
	if err != nil {
		return ""
	}
	return head.Digest.String()
}

// names lists tags without their repository, sorted.
func names(tags []name.Tag) string {
	var all []string
	for _, tag := range tags {
		all = append(all, tag.TagStr())
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// manifestRequests lists what a proxy saw after the image had been pushed: the
// method and the tag or digest of each request for a manifest.
func manifestRequests(proxy *testenv.Proxy) []string {
	var all []string
	for _, r := range proxy.Requests() {
		if _, what, ok := strings.Cut(r.Path, "/manifests/"); ok {
			all = append(all, r.Method+" "+what)
		}
	}
	return all
}

func isManifest(r *http.Request, method, tag string) bool {
	return r.Method == method && strings.HasSuffix(r.URL.Path, "/manifests/"+tag)
}

func basic(user, password string) remote.Option {
	return remote.WithAuth(&authn.Basic{Username: user, Password: password})
}
