package publish_test

import (
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTagThatIsThereDoesNotMove looks ahead when nothing has changed since the
// last run: no request is needed afterwards, and the result is the same.
func TestTagThatIsThereDoesNotMove(t *testing.T) {
	t.Parallel()
	distribution := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, distribution.Host, testenv.ProxyOptions{})
	repo := newRepository(t, proxy.Host+"/octo/app")
	digest := pushByDigest(t, repo)
	tags := tagsOf(repo, "1.2.3", "latest")
	if _, err := newPublisher(t, proxy.Host, "", "").Tag(t.Context(), digest, tags[:1], tags[1:]); err != nil {
		t.Fatal(err)
	}
	puts := proxy.Count(http.MethodPut)

	publisher := newPublisher(t, proxy.Host, "", "")
	publisher.LookAhead(t.Context(), digest, tags)
	image, err := publisher.Tag(t.Context(), digest, tags[:1], tags[1:])
	if err != nil {
		t.Fatal(err)
	}
	if image.Digest != digest || image.Size == 0 {
		t.Errorf("Tag() = %+v, want the digest %s and a size", image, digest)
	}
	if got := proxy.Count(http.MethodPut); got != puts {
		t.Errorf("%d tags were put, want none: they are there", got-puts)
	}
}

// TestLookAheadIsOnlyAHint has learnt of another image, of a tag that is
// elsewhere, and of nothing at all: each time Tag does all that it must.
func TestLookAheadIsOnlyAHint(t *testing.T) {
	t.Parallel()
	distribution := testenv.NewRegistry(t, testenv.RegistryOptions{})
	repo := newRepository(t, distribution.Host+"/octo/app")
	older, newer := pushByDigest(t, repo), pushByDigest(t, repo)
	tags := tagsOf(repo, "1.2.3", "latest")
	if err := remote.Tag(tags[1], mustGet(t, repo.Digest(older.String()))); err != nil {
		t.Fatal(err)
	}

	for name, hint := range map[string]string{"of the older image": older.String(), "of the newer image": newer.String(), "of an image that is not there": "sha256:" + zeros} {
		publisher := newPublisher(t, distribution.Host, "", "")
		publisher.LookAhead(t.Context(), mustHash(t, hint), tags)
		if _, err := publisher.Tag(t.Context(), newer, tags[:1], tags[1:]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, tag := range tags {
			if got := held(t, tag); got != newer.String() {
				t.Errorf("%s: %s answers %s, want %s", name, tag, got, newer)
			}
		}
		if err := remote.Tag(tags[1], mustGet(t, repo.Digest(older.String()))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLookAheadAtARegistryThatIsDown learns nothing and stops nothing.
func TestLookAheadAtARegistryThatIsDown(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, "127.0.0.1:1/octo/app")
	publisher := newPublisher(t, "127.0.0.1:1", "", "")
	publisher.LookAhead(t.Context(), mustHash(t, "sha256:"+zeros), tagsOf(repo, "latest"))
	if _, err := publisher.Tag(t.Context(), mustHash(t, "sha256:"+zeros), nil, tagsOf(repo, "latest")); err == nil {
		t.Error("Tag() = nil at a registry that is down")
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func mustGet(t *testing.T, ref name.Reference) *remote.Descriptor {
	t.Helper()
	got, err := remote.Get(ref)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func mustHash(t *testing.T, text string) v1.Hash {
	t.Helper()
	hash, err := v1.NewHash(text)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
