package publish_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/testenv"
)

// A registry that gives images by their tags alone is asked for nothing else, and
// need not name the digest.
func TestReadBack(t *testing.T) {
	t.Parallel()
	store := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, store.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if answer := testenv.OnlyByTag(r); answer != nil {
			return answer
		}
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/manifests/down") {
			return &testenv.Answer{Status: http.StatusForbidden}
		}
		return nil
	}})
	repo := newRepository(t, proxy.Host+"/octo/repo/app")
	digest := pushByDigest(t, newRepository(t, store.Host+"/octo/repo/app"))
	other := pushByDigest(t, newRepository(t, store.Host+"/octo/repo/app"))
	near := newRepository(t, store.Host+"/octo/repo/app")
	publisher := newPublisher(t, proxy.Host, "", "")
	if _, err := newPublisher(t, store.Host, "", "").Tag(t.Context(), digest, tagsOf(near, "1.2.3"), tagsOf(near, "latest", "down")); err != nil {
		t.Fatal(err)
	}
	if _, err := newPublisher(t, store.Host, "", "").Tag(t.Context(), other, nil, tagsOf(near, "moved")); err != nil {
		t.Fatal(err)
	}

	got, err := publisher.ReadBack(t.Context(), tagsOf(repo, "1.2.3", "latest"), digest)
	if err != nil || got.Digest != digest || got.Size == 0 {
		t.Errorf("ReadBack = %+v, %v, want %s and its size", got, err, digest)
	}
	for _, c := range []struct{ tag, says string }{
		{"moved", "the registry answers " + other.String() + " and not " + digest.String()},
		{"absent", "reading the tag " + repo.Name() + ":absent back"},
		{"down", "reading the tag " + repo.Name() + ":down back"},
	} {
		_, err := publisher.ReadBack(t.Context(), tagsOf(repo, "1.2.3", c.tag), digest)
		broken := tagError(t, err)
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("ReadBack of %s = %v, want %q", c.tag, err, c.says)
		}
		if got := [][]name.Tag{broken.Moved, broken.Still}; len(got[0]) != 1 || got[0][0].TagStr() != "1.2.3" || len(got[1]) != 1 || got[1][0].TagStr() != c.tag {
			t.Errorf("ReadBack of 1.2.3 and %s: moved %v, not %v", c.tag, broken.Moved, broken.Still)
		}
	}
	for _, r := range proxy.Requests() {
		if strings.Contains(r.Path, "sha256:") {
			t.Errorf("%s %s asks by digest", r.Method, r.Path)
		}
	}
}
