package registry

import (
	"net/http"
	"slices"
	"testing"
)

// TestLoginOfAnotherRegistryIsNotLent has two registries that we have logins for,
// of which one sends its clients to the other: it gets neither.
func TestLoginOfAnotherRegistryIsNotLent(t *testing.T) {
	t.Parallel()
	for name, challenge := range map[string]string{
		"its token server": `Bearer realm="https://` + evilHost + `/token",service="x"`, "its uploads": `Basic realm="x"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good, other := &record{}, &record{}
			transport := newSites(t, map[string]http.Handler{
				goodHost: good.handler(asksFor(challenge, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", "https://"+evilHost+"/v2/")
					w.WriteHeader(http.StatusTemporaryRedirect)
				})),
				evilHost: other.handler(asksFor(`Basic realm="x"`, givesToken)),
			})
			repo, elsewhere := newRepository(t, goodHost+"/team/app"), newRepository(t, evilHost+"/team/app")
			both := login(repo).With(elsewhere.Registry, "other", "others-password")
			opened, err := (&Client{credentials: both, base: transport}).Open(t.Context(), repo)
			if err == nil {
				ask(t, opened, http.MethodGet, "https://"+goodHost+"/v2/team/app/manifests/latest")
			}
			if came := other.authorizations(); len(came) > 0 {
				t.Errorf("%s got %q", evilHost, came)
			}
			if heard := good.authorizations(); slices.ContainsFunc(heard, func(one string) bool { return one != "Basic "+encoded }) {
				t.Errorf("%s got %q", goodHost, heard)
			}
		})
	}
}
