package publish_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

func TestNoTagMovesToAnImageThatIsNotThere(t *testing.T) {
	t.Parallel()
	proxy := testenv.NewProxy(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host, testenv.ProxyOptions{})
	one, two := newRepository(t, proxy.Host+"/one"), newRepository(t, proxy.Host+"/two")
	there := pushByDigest(t, one)
	absent, err := v1.NewHash(otherDigest)
	if err != nil {
		t.Fatal(err)
	}
	before := proxy.Count(http.MethodPut)
	cases := []struct {
		name   string
		digest v1.Hash
		tags   []name.Tag
		blames []name.Repository
	}{
		{"nowhere", absent, tagsOf(one, "1.2.3", "latest"), []name.Repository{one}},
		{"in one repository of two", there, append(tagsOf(one, "latest"), tagsOf(two, "latest")...), []name.Repository{two}},
		{"in neither repository", absent, append(tagsOf(one, "latest"), tagsOf(two, "latest")...), []name.Repository{one, two}},
	}
	for _, c := range cases {
		_, err := newPublisher(t, proxy.Host, "", "").Tag(t.Context(), c.digest, nil, c.tags)
		broken := tagError(t, err)
		if len(broken.Moved) > 0 || len(broken.Still) != len(c.tags) {
			t.Errorf("%s: Tag = %q, want that nothing moved", c.name, err)
		}
		for _, repo := range c.blames {
			if !strings.Contains(err.Error(), "reading the pushed image "+repo.Name()) {
				t.Errorf("%s: Tag = %q, want it to name %s", c.name, err, repo)
			}
		}
	}
	if got := proxy.Count(http.MethodPut); got != before {
		t.Errorf("%d tags were put without an image", got-before)
	}
}

func TestNoTagMovesWhenARegistryIsDown(t *testing.T) {
	t.Parallel()
	up, down := testenv.NewRegistry(t, testenv.RegistryOptions{}), testenv.NewRegistry(t, testenv.RegistryOptions{})
	one, two := newRepository(t, up.Host+"/app"), newRepository(t, down.Host+"/app")
	digest := pushByDigest(t, one)
	down.Stop()
	_, err := newPublisher(t, up.Host, "", "").Tag(t.Context(), digest, tagsOf(one, "1.2.3"), tagsOf(two, "latest"))
	broken := tagError(t, err)
	if len(broken.Moved) > 0 || !strings.Contains(err.Error(), down.Host+" cannot be reached") || held(t, one.Tag("1.2.3")) != "" {
		t.Errorf("Tag = %q, want that nothing moved because %s is down", err, down.Host)
	}
}

func TestTagSaysThatTheTokenMayNotPush(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: "writer", Password: "w-pass", Repository: "team/*", Actions: []string{"pull", "push"}},
		testenv.Grant{User: "reader", Password: "r-pass", Repository: "team/*", Actions: []string{"pull"}},
	)
	repo := newRepository(t, testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens}).Host+"/team/app")
	digest := pushByDigest(t, repo, basic("writer", "w-pass"))
	_, err := newPublisher(t, repo.RegistryStr(), "reader", "r-pass").Tag(t.Context(), digest, nil, tagsOf(repo, "latest"))
	broken := tagError(t, err)
	var refused *registry.Error
	if !errors.As(broken, &refused) || !refused.Denied || !strings.Contains(err.Error(), "may push to team/app there") {
		t.Errorf("Tag = %q, want the registry's refusal and what to do", err)
	}
}
