package publish_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestHeld reads what tags hold: nothing, a manifest, an index of some platforms, and
// one of more than anybody asks for.
func TestHeld(t *testing.T) {
	t.Parallel()
	distribution := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, distribution.Host, testenv.ProxyOptions{})
	repo := newRepository(t, proxy.Host+"/octo/app")
	sizes := map[string]int64{}
	add := func(index v1.ImageIndex, platform v1.Platform) v1.ImageIndex {
		image, err := random.Image(int64(1000+100*len(sizes)), 2)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := image.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		sizes[platform.String()] = manifest.Config.Size + manifest.Layers[0].Size + manifest.Layers[1].Size
		return mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	two := add(add(empty.Index, v1.Platform{OS: "linux", Architecture: "amd64"}), v1.Platform{OS: "linux", Architecture: "arm64"})
	many := v1.ImageIndex(empty.Index)
	for i := range 33 {
		many = add(many, v1.Platform{OS: "linux", Architecture: "p" + strings.Repeat("x", i)})
	}
	for tag, index := range map[string]v1.ImageIndex{"two": two, "many": many} {
		if err := remote.WriteIndex(repo.Tag(tag), index); err != nil {
			t.Fatal(err)
		}
	}
	single, err := random.Image(5000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err = remote.Write(repo.Tag("single"), single); err != nil {
		t.Fatal(err)
	}
	manifest, err := single.Manifest()
	if err != nil {
		t.Fatal(err)
	}

	publisher := newPublisher(t, proxy.Host, "", "")
	if _, there, err := publisher.Held(t.Context(), repo.Tag("none")); there || err != nil {
		t.Errorf("Held(none) = %v, %v", there, err)
	}
	image, there, err := publisher.Held(t.Context(), repo.Tag("single"))
	if want := manifest.Config.Size + manifest.Layers[0].Size; !there || err != nil || image.Size != want {
		t.Errorf("Held(single) = %+v, %v, %v, want the size %d", image, there, err, want)
	}
	for tag, asked := range map[string]int{"two": 1 + 2, "many": 1} {
		before := proxy.Count(http.MethodGet)
		image, there, err := publisher.Held(t.Context(), repo.Tag(tag))
		if !there || err != nil {
			t.Fatalf("Held(%s) = %v, %v", tag, there, err)
		}
		image = publisher.Weigh(t.Context(), repo, image)
		for _, one := range image.Platforms {
			if want := sizes[one.Platform.String()]; tag == "two" && one.Size != want || tag == "many" && one.Size != 0 {
				t.Errorf("%s: %s weighs %d, want %d", tag, one.Platform, one.Size, want)
			}
		}
		if got := proxy.Count(http.MethodGet) - before; got != asked {
			t.Errorf("%s: %d requests, want %d", tag, got, asked)
		}
	}
}

// TestHeldIsNotWaitedFor asks a registry that is broken, and one that does not answer
// in time, which others may go on to use.
func TestHeldIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	distribution := testenv.NewRegistry(t, testenv.RegistryOptions{})
	broken := testenv.NewProxy(t, distribution.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if strings.Contains(r.URL.Path, "/manifests/") {
			return &testenv.Answer{Status: http.StatusServiceUnavailable}
		}
		return nil
	}})
	if _, there, err := newPublisher(t, broken.Host, "", "").Held(t.Context(), newRepository(t, broken.Host+"/octo/app").Tag("latest")); there || err == nil {
		t.Errorf("Held = %v, %v, want an error", there, err)
	}
	if got := broken.Count(http.MethodGet); got != 2 {
		t.Errorf("%d requests, want one for the login and one for the tag", got)
	}

	far := testenv.NewProxy(t, distribution.Host, testenv.ProxyOptions{Delay: 300 * time.Millisecond})
	publisher, repo := newPublisher(t, far.Host, "", ""), newRepository(t, far.Host+"/octo/app")
	digest := pushByDigest(t, newRepository(t, distribution.Host+"/octo/app"))
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	asked := make(chan error)
	go func() {
		_, _, err := publisher.Held(short, repo.Tag("latest"))
		asked <- err
	}()
	time.Sleep(10 * time.Millisecond) // so that its login is under way
	if _, err := publisher.Find(t.Context(), repo, digest); err != nil {
		t.Errorf("Find = %v: it was cut off with another", err)
	}
	if err := <-asked; err == nil {
		t.Error("Held has an answer from after its time")
	}
}
