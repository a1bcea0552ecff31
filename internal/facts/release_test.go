package facts

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRelease takes the git tag of the event where the runner does not name it,
// and from no other event.
func TestRelease(t *testing.T) {
	t.Parallel()
	const flagged = `{"release":{"tag_name":"v1.2.3","prerelease":true}}`
	cases := map[string]struct {
		event, payload, ref string
		want                string // ref, or what the error says
		prerelease          bool
	}{
		"no ref":                {"release", `{"release":{"tag_name":"api/v1.2.3"}}`, "", "refs/tags/api/v1.2.3", false},
		"the runner's ref":      {"release", `{"release":{"tag_name":"v1.2.3"}}`, "refs/tags/v2.0.0", "refs/tags/v2.0.0", false},
		"a pre-release":         {"release", flagged, "refs/tags/v1.2.3", "refs/tags/v1.2.3", true},
		"without a ref":         {"release", flagged, "", "refs/tags/v1.2.3", true},
		"neither says":          {"release", `{"release":{}}`, "", "GITHUB_REF is not set", false},
		"no release at all":     {"release", `{"release":null}`, "", "GITHUB_REF is not set", false},
		"another event":         {"push", flagged, "refs/heads/main", "refs/heads/main", false},
		"another without a ref": {"workflow_dispatch", flagged, "", "GITHUB_REF is not set", false},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			event := filepath.Join(t.TempDir(), "event.json")
			write(t, event, c.payload)
			got, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_EVENT_NAME": c.event, "GITHUB_EVENT_PATH": event, "GITHUB_REF": c.ref}))
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("Load = %v, want %q", err, c.want)
				}
				return
			}
			if got.Ref != c.want || got.Prerelease != c.prerelease {
				t.Errorf("Load: ref %q, pre-release %v, want %q, %v", got.Ref, got.Prerelease, c.want, c.prerelease)
			}
		})
	}
}
