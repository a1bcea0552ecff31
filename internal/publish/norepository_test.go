package publish_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestPreflightOfARepositoryThatIsNotThere has a registry answer to the beginning of an
// upload in the words of several. What says that there is no such repository, or that
// none takes pushes, ends the run; a bare answer, which is a proxy's, does not.
func TestPreflightOfARepositoryThatIsNotThere(t *testing.T) {
	t.Parallel()
	html := "<html><head><title>404 Not Found</title></head><body>nginx</body></html>"
	cases := []struct {
		name, body string
		status     int
		says       []string // nil: the run goes on
	}{
		{"Amazon's", says("NAME_UNKNOWN", "The repository with name 'team/app' does not exist in the registry with id '123456789012'"), 404, []string{"refuses this: The repository with name", "create it there"}},
		{"Google's", says("NAME_UNKNOWN", `Repository "team" not found`), 404, []string{`refuses this: Repository "team" not found`, "create it there"}},
		{"Quay's", says("NAME_UNKNOWN", "repository name not known to registry"), 404, []string{"has no team/app", "create it there"}},
		{"Harbor's", says("NOT_FOUND", "project team not found"), 404, []string{"refuses this: project team not found", "create the project team"}},
		{"Harbor's with 401", says("UNAUTHORIZED", "project team not found"), 401, []string{"refuses this: project team not found", "create the project team"}},
		{"a code of its own", says("REPOSITORY_NOT_FOUND", ""), 404, []string{"refuses this: REPOSITORY_NOT_FOUND", "create it there"}},
		{"a code without words", `{"errors":[{"code":"NAME_UNKNOWN"}]}`, 404, []string{"has no team/app"}},
		{"a name that cannot be", says("NAME_INVALID", "Missing image name. Pushes should be of the form docker push HOST-NAME/PROJECT-ID/REPOSITORY/IMAGE"), 400, []string{"Missing image name"}},
		{"read-only", says("DENIED", "System is currently read-only. Pulls will succeed but all write operations are currently suspended."), 405, []string{"System is currently read-only"}},
		{"a quota", says("DENIED", "Quota has been exceeded on namespace"), 403, []string{"refuses this: Quota has been exceeded"}},
		{"nothing", "", 404, nil},
		{"a proxy's page", html, 404, nil},
		{"a gateway's words", `{"message":"no Route matched with those values"}`, 404, nil},
		{"an upload that is not known", says("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"), 404, nil},
		{"words of no catalogue", says("UNKNOWN", "teapot"), 404, nil},
		{"the words, in passing", says("NAME_UNKNOWN", "repository name not known to registry"), 503, nil},
		{"the words, of an upload that has begun", says("NAME_UNKNOWN", "repository name not known to registry"), 201, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, "127.0.0.1:1", testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if r.Method == http.MethodPost {
					return &testenv.Answer{Status: c.status, Body: c.body, Header: http.Header{"Content-Type": {"application/json"}}}
				}
				return &testenv.Answer{}
			}})
			err := newPublisher(t, proxy.Host, "writer", "w-pass").Preflight(t.Context(), []name.Repository{newRepository(t, proxy.Host+"/team/app")})
			if c.says == nil {
				if err != nil {
					t.Errorf("Preflight = %v, want the run to go on", err)
				}
				return
			}
			for _, want := range c.says {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Preflight = %v, want %q", err, want)
				}
			}
		})
	}
}
