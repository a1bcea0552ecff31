package publish_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/slipway-build/slipway/internal/testenv"
)

func TestTagPointsEveryTagAtTheImage(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: "writer", Password: "w-pass", Repository: "team/*", Actions: []string{"pull", "push"}})
	cases := []struct {
		name           string
		options        testenv.RegistryOptions
		user, password string
	}{
		{"open", testenv.RegistryOptions{}, "", ""},
		{"htpasswd", testenv.RegistryOptions{Htpasswd: map[string]string{"writer": "w-pass"}}, "writer", "w-pass"},
		{"token", testenv.RegistryOptions{Token: tokens}, "writer", "w-pass"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			host := testenv.NewRegistry(t, c.options).Host
			one, two := newRepository(t, host+"/team/one"), newRepository(t, host+"/team/two")
			image, err := random.Image(1024, 2)
			if err != nil {
				t.Fatal(err)
			}
			login := basic(c.user, c.password)
			digest := pushImage(t, one, image, login)
			pushImage(t, two, image, login)
			manifest, err := image.Manifest()
			if err != nil {
				t.Fatal(err)
			}
			size := manifest.Config.Size
			for _, layer := range manifest.Layers {
				size += layer.Size
			}

			publisher := newPublisher(t, host, c.user, c.password)
			repos := []name.Repository{one, two}
			if err := publisher.Preflight(t.Context(), repos); err != nil {
				t.Fatal(err)
			}
			versions := append(tagsOf(one, "1.2.3"), tagsOf(two, "1.2.3")...)
			floating := append(tagsOf(one, "1.2", "1", "latest"), tagsOf(two, "latest")...)
			got, err := publisher.Tag(t.Context(), digest, versions, floating)
			if err != nil {
				t.Fatalf("Tag(%s) = %v", digest, err)
			}
			if got.Digest != digest || got.Size != size || len(got.Platforms) > 0 {
				t.Errorf("Tag(%s) = %+v, want its digest, media type, %d bytes and no platforms", digest, got, size)
			}
			for _, tag := range append(versions, floating...) {
				if got := held(t, tag, login); got != digest.String() {
					t.Errorf("the registry answers %q for %s, want %s", got, tag, digest)
				}
			}
		})
	}
}

func TestTagMovesFloatingTagsOffTheOldImage(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host+"/app")
	publisher := newPublisher(t, repo.RegistryStr(), "", "")
	first, second := pushByDigest(t, repo), pushByDigest(t, repo)
	latest := tagsOf(repo, "latest")
	if _, err := publisher.Tag(t.Context(), first, tagsOf(repo, "1.0.0"), latest); err != nil {
		t.Fatal(err)
	}
	if _, err := publisher.Tag(t.Context(), second, tagsOf(repo, "1.0.1"), latest); err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]string{"1.0.0": first.String(), "1.0.1": second.String(), "latest": second.String()} {
		if got := held(t, repo.Tag(tag)); got != want {
			t.Errorf("the registry answers %q for %s, want %s", got, tag, want)
		}
	}
}

// TestTagMovesVersionsBeforeFloatingTags reads the order from the registry's
// side: every version is in place and read back before a floating tag is put.
func TestTagMovesVersionsBeforeFloatingTags(t *testing.T) {
	t.Parallel()
	proxy := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{})
	one, two := newRepository(t, proxy.Host+"/one"), newRepository(t, proxy.Host+"/two")
	image, err := random.Image(1024, 1)
	if err != nil {
		t.Fatal(err)
	}
	digest := pushImage(t, one, image)
	pushImage(t, two, image)
	before := len(manifestRequests(proxy))
	versions := append(tagsOf(one, "1.2.3", "1.2.3-alpine"), tagsOf(two, "1.2.3", "1.2.3-alpine")...)
	floating := append(tagsOf(one, "latest", "1", "1.2"), tagsOf(two, "latest")...)
	if _, err := newPublisher(t, proxy.Host, "", "").Tag(t.Context(), digest, versions, floating); err != nil {
		t.Fatal(err)
	}
	requests := manifestRequests(proxy)[before:]
	isFloating := func(request string) bool {
		_, what, _ := strings.Cut(request, " ")
		return !strings.Contains(what, ":") && !strings.HasPrefix(what, "1.2.3")
	}
	firstFloating := slices.IndexFunc(requests, isFloating)
	if firstFloating != 2+2*len(versions) || slices.ContainsFunc(requests[firstFloating:], func(r string) bool { return !isFloating(r) }) {
		t.Errorf("requests for manifests: %q, want %d for the image and the versions, then the floating tags", requests, 2+2*len(versions))
	}
}

// TestTagCostsThreeRequests counts: buildctl needs seven for one tag.
func TestTagCostsThreeRequests(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	cases := []struct {
		name               string
		versions, floating []string
		preflight          bool
		want               int
	}{
		{"one tag", nil, []string{"latest"}, false, 1 + 3},
		{"one version", []string{"1.2.3"}, nil, false, 1 + 3},
		{"one tag after the preflight", nil, []string{"latest"}, true, 1 + 2 + 3},
		{"five tags", []string{"1.2.3"}, []string{"1.2", "1", "latest", "main"}, false, 1 + 1 + 5*2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{})
			repo := newRepository(t, upstream.Host+"/"+strings.ReplaceAll(c.name, " ", "-"))
			digest := pushByDigest(t, repo) // not through the proxy
			repo = newRepository(t, proxy.Host+"/"+repo.RepositoryStr())
			publisher := newPublisher(t, proxy.Host, "", "")
			if c.preflight {
				if err := publisher.Preflight(t.Context(), []name.Repository{repo}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := publisher.Tag(t.Context(), digest, tagsOf(repo, c.versions...), tagsOf(repo, c.floating...)); err != nil {
				t.Fatal(err)
			}
			if got := proxy.Count(""); got > c.want {
				t.Errorf("%d requests, want at most %d: 1 to log in (GET /v2/), a POST and a DELETE in the preflight, 1 GET of the manifest, and a PUT and a HEAD for each tag; they were %d GET, %d POST, %d PUT, %d HEAD:\n%v",
					got, c.want, proxy.Count(http.MethodGet), proxy.Count(http.MethodPost), proxy.Count(http.MethodPut), proxy.Count(http.MethodHead), proxy.Requests())
			}
		})
	}
}
