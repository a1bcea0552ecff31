package publish_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestUnreachableIsNoRefusal asks registries that are up, down and guarded: one
// that is down may be somebody else's to reach, unless another has said no.
func TestUnreachableIsNoRefusal(t *testing.T) {
	t.Parallel()
	down := testenv.NewRegistry(t, testenv.RegistryOptions{})
	down.Stop()
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	guarded := testenv.NewRegistry(t, testenv.RegistryOptions{Htpasswd: map[string]string{"writer": "w-pass"}})
	far, near, closed := newRepository(t, down.Host+"/app"), newRepository(t, open.Host+"/app"), newRepository(t, guarded.Host+"/app")
	other := newRepository(t, down.Host+"/other")
	cases := []struct {
		name             string
		repos            []name.Repository
		preflight, reach []name.Repository // out of reach, as each of the two says; nil where it says something else
		refused          bool              // Preflight fails for another reason
	}{
		{"all reached", []name.Repository{near}, nil, nil, false},
		{"none reached", []name.Repository{far, other}, []name.Repository{far, other}, []name.Repository{far, other}, false},
		{"one reached", []name.Repository{near, far}, []name.Repository{far}, []name.Repository{far}, false},
		{"one refuses", []name.Repository{far, closed}, nil, []name.Repository{far}, true},
		{"refused", []name.Repository{closed}, nil, nil, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			publisher := newPublisher(t, near.RegistryStr(), "", "")
			err := publisher.Preflight(t.Context(), c.repos)
			if got := outOfReach(err); !slices.Equal(got, c.preflight) || (err != nil && got == nil) != c.refused {
				t.Errorf("Preflight(%v) = %v, out of reach %v; want %v, refused = %t", c.repos, err, got, c.preflight, c.refused)
			}
			err = publisher.Reach(t.Context(), c.repos)
			if got := outOfReach(err); !slices.Equal(got, c.reach) || (err != nil && got == nil) {
				t.Errorf("Reach(%v) = %v, out of reach %v; want %v", c.repos, err, got, c.reach)
			}
		})
	}
}

func outOfReach(err error) []name.Repository {
	var far *publish.UnreachableError
	if errors.As(err, &far) {
		return far.Repositories
	}
	return nil
}

// TestReachCostsNothing logs in ahead of Tag, which does not do it again.
func TestReachCostsNothing(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t, testenv.Grant{User: "writer", Password: "w-pass", Repository: "*", Actions: []string{"pull", "push"}})
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{})
	repo := newRepository(t, proxy.Host+"/app")
	digest := pushByDigest(t, newRepository(t, upstream.Host+"/app"), basic("writer", "w-pass"))
	requests := func(reach bool) int {
		before, asked := proxy.Count(""), len(tokens.Requests())
		publisher := newPublisher(t, proxy.Host, "writer", "w-pass")
		if reach {
			if err := publisher.Reach(t.Context(), []name.Repository{repo}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := publisher.Tag(t.Context(), digest, tagsOf(repo, "1.2.3"), nil); err != nil {
			t.Fatal(err)
		}
		return proxy.Count("") - before + len(tokens.Requests()) - asked
	}
	if without, with := requests(false), requests(true); with != without {
		t.Errorf("Reach and Tag make %d requests, Tag alone %d", with, without)
	}
}
